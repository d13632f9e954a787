import { screen } from '@testing-library/vue'
import { expect, it } from 'vitest'
import { net, soon, visit } from '../../../tests/stage'
import { initials } from '../initials'
import { rank } from '../rank'

it('Chinese is found by the first letters of its pinyin', () => {
  expect(['命令面板', '未分配', '暂存', 'VIP 客户', '已结束'].map(initials)).toEqual(['mlmb', 'wfp', 'zc', 'vipkh', 'yjs'])
})

it('what begins so comes before what contains it, before initials, before letters in order', () => {
  expect([rank('暂存', '暂'), rank('已暂存', '暂'), rank('暂存', 'zc'), rank('我的暂存', 'zc'), rank('Settings', 'stg'), rank('客户', 'xyz')]).toEqual([0, 1, 2, 3, 4, null])
})

it('opens by its keys, finds a page and a customer, goes there, and has it first the next time', async () => {
  net.answers('contactsList', { items: [{ id: 'p9', name: '赵客', email: null, phone: null }] } as never)
  const { user } = await visit('/conversations/mine')
  await user.keyboard('{Control>}k{/Control}')
  await user.type(await screen.findByRole('combobox', { name: '命令面板' }), 'zc')
  await soon(() => expect(screen.getAllByRole('option').map((one) => one.textContent)).toEqual([expect.stringContaining('暂存'), expect.stringContaining('赵客')]))
  await user.keyboard('{Enter}')
  await soon(() => expect(location.pathname).toBe('/conversations/parked'))
  await user.keyboard('{Meta>}k{/Meta}')
  await soon(() => expect(screen.getAllByRole('option')[0]?.textContent).toContain('暂存'))
  await user.keyboard('{Escape}')
  await soon(() => expect(screen.queryByRole('combobox', { name: '命令面板' })).toBeNull())
})
