import { screen } from '@testing-library/vue'
import { expect, it } from 'vitest'
import { press } from '../../../tests/hands'
import { me, net, place, settled } from '../../../tests/stage'
import BlockedSources from '../components/BlockedSources.vue'
import ProtectionPage from '../pages/ProtectionPage.vue'

const row = (id: string, more = {}): object => ({
  id, kind: 'address', value: '203.0.113.0/24', reason: '刷单', until: null, by_name: '周主管', since: '2026-11-22T08:00:00.000Z', hits: 3, hit_at: null, ...more,
})

it('shows which addresses and devices are blocked, how often that helped, and lifts one', async () => {
  net.answers('workspacesGetMe', me({ permissions: ['contact.block'] }))
  net.answers('shieldSources', { items: [row('s1'), row('s2', { kind: 'device', value: '00ff00ff00ff00ff', hits: 0, reason: '' })], next: null } as never)
  net.answers('shieldUnblock', undefined as never)
  const scene = await place(BlockedSources, {})
  const items = screen.getAllByRole('listitem').map((item) => item.textContent)
  expect(items[0]).toMatch(/203\.0\.113\.0\/24.*刷单 · 周主管 于 .* 屏蔽 · 直到手动解除 · 已拦截 3 次/)
  expect(items[1]).toMatch(/00ff00ff00ff00ff.*还没有拦截过/)
  net.answers('shieldSources', { items: [], next: null } as never)
  await press(scene, '解除对 203.0.113.0/24 的屏蔽')
  await settled()
  expect(net.asked('shieldUnblock').map(({ path }) => path)).toEqual([{ source_id: 's1' }])
  expect(screen.getByText('没有屏蔽任何地址或设备')).toBeTruthy()
})

it('saves the bounds as they were read but for what was changed', async () => {
  const bounds = { visitor: { soft: 60, hard: 120 }, address: { soft: 0, hard: 0 }, workspace: { soft: 0, hard: 0 } }
  const settings = { v: 1, messages: bounds, files: bounds, conversations: bounds, sessions: 20 }
  net.answers('workspacesGetMe', me({ permissions: ['workspace.manage'] }))
  net.answers('shieldSettings', { settings, version: 4 } as never)
  net.answers('shieldFloods', { items: [{ rule: 'messages', scope: 'address', key: '203.0.113.9', at: '2026-11-22T08:00:00.000Z', count: 700, level: 'soft' }] } as never)
  net.answers('shieldEdit', { settings, version: 5 } as never)
  net.answers('shieldUploads', { refused: ['exe'], version: 2 })
  net.answers('shieldEditUploads', { refused: ['exe'], version: 2 })
  net.answers('shieldInfected', { items: [{ id: 'i1', name: '报价单.txt', signature: 'Eicar-Test-Signature', by: 'visitor', who: '陈先生', contact_id: 'c1', at: '2026-11-22T08:00:00.000Z' }], next: null } as never)
  net.answers('workspacesEditWorkspace', { id: 'w1', watermark: ['agent'] } as never)
  const scene = await place(ProtectionPage, {})
  const items = screen.getAllByRole('listitem').map((item) => item.textContent)
  expect(items.some((text) => /提醒.*每个地址.*203\.0\.113\.9.*每分钟消息/.test(text!))).toBe(true)
  expect(items.some((text) => /报价单\.txt.*Eicar-Test-Signature.*陈先生/.test(text!))).toBe(true)
  await scene.user.click(screen.getByRole('checkbox', { name: '客服' }))
  for (const button of screen.getAllByRole('button', { name: '保存' })) button.click()
  await settled()
  expect(net.asked('shieldEditUploads').map(({ body }) => body)).toEqual([{ refused: ['exe'], version: 2 }])
  expect(net.asked('workspacesEditWorkspace').map(({ body }) => body)).toEqual([{ watermark: ['agent'] }])
  expect(net.asked('shieldEdit').map(({ body }) => body)).toEqual([{ settings, version: 4 }])
})
