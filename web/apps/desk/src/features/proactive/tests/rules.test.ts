import type { RuleView } from '@kezhan/api'
import { screen, within } from '@testing-library/vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { alerts, beside, button, choose, comesTo, field, press, problem, where, write } from '../../../tests/hands'
import { agentMay, me, net, place, settled, soon, visit, type Scene } from '../../../tests/stage'
import RulePage from '../pages/RulePage.vue'
import RulesPage from '../pages/RulesPage.vue'
import { draftOf, fieldOf, formOf, rateOf } from '../rule'
import { rule } from './fixtures'

const none = { sent: 0, accepted: 0, declined: 0, ignored: 0 }

beforeEach(() => {
  net.answers('workspacesGetMe', me({ permissions: [...agentMay, 'routing.manage'] }))
  net.answers('channelsList', { items: [] })
})

const listed = (items: RuleView[]): void => net.answers('proactiveListRules', { items, by_hand: { sent: 4, accepted: 1, declined: 1, ignored: 2 }, days: 30 })

describe('the list of rules', () => {
  const page = (items: RuleView[]): Promise<Scene> => {
    listed(items)
    return place(RulesPage, {}, { path: '/settings/invites', lineOpen: false })
  }
  const rows = (): HTMLElement[] => screen.getAllByRole('listitem')

  it('shows when each invites, what it says and what became of it', async () => {
    await page([rule('a', { conditions: { ...rule('a').conditions, pages: [], min_pages: 3, min_visits: 2 }, counts: { sent: 8, accepted: 3, declined: 1, ignored: 4 } }), rule('b')])
    expect(rows().map((row) => row.textContent)).toEqual([
      '规则 a需要介绍吗？所有页面 · 停留 30 秒 · 看过 3 页 · 第 2 次来访起 · 7 天一次发出8接受3暂不需要1未回应4接受率38%',
      '规则 b需要介绍吗？/rock · 停留 30 秒 · 7 天一次发出0接受0暂不需要0未回应0',
    ])
    expect(screen.getByText('客服手动邀请').closest('section')?.textContent).toContain('最近 30 天发出4接受1暂不需要1未回应2接受率25%')
  })

  it('switches a rule off and leaves the rest of it as it is', async () => {
    const scene = await page([rule('a')])
    net.answers('proactiveChangeRule', rule('a', { active: false }))
    listed([rule('a', { active: false })])
    await scene.user.click(screen.getByRole('switch', { name: '启用 规则 a' }))
    await settled()
    const { v, ...conditions } = rule('a').conditions
    expect(net.asked('proactiveChangeRule').map(({ path, body }) => [path, body])).toEqual([
      [{ rule_id: 'a' }, { name: '规则 a', active: false, texts: { zh: '需要介绍吗？', en: '' }, conditions }],
    ])
    await soon(() => expect(screen.getByRole('switch').getAttribute('aria-checked')).toBe('false'))
  })

  it('puts rules in another order, the first and last of which go no further', async () => {
    const scene = await page([rule('a'), rule('b'), rule('c')])
    expect([button('上移 规则 a').disabled, button('下移 规则 c').disabled]).toEqual([true, true])
    net.answers('proactiveOrderRules', { items: [], by_hand: none, days: 30 })
    await press(scene, '下移 规则 a')
    await press(scene, '上移 规则 c')
    expect(net.asked('proactiveOrderRules').map(({ body }) => body)).toEqual([{ ids: ['b', 'a', 'c'] }, { ids: ['a', 'c', 'b'] }])
  })

  it('says what was refused and shows how it stands', async () => {
    const scene = await page([rule('a'), rule('b')])
    net.refuses('proactiveOrderRules', problem(409, 'proactive.other_rules', '规则刚被别人增减，请重新载入页面。'))
    await press(scene, '下移 规则 a')
    expect([screen.getByText('规则刚被别人增减，请重新载入页面。'), net.asked('proactiveListRules').length]).toEqual([expect.anything(), 2])
  })

  it('says what a rule is for where there is none', async () => {
    await page([])
    expect([screen.getByText('还没有邀请规则'), screen.getAllByRole('link', { name: '新建规则' }).map((link) => link.getAttribute('href'))]).toEqual([expect.anything(), ['/settings/invites/new']])
  })

  it('says why it cannot be read, and reads it when asked again', async () => {
    net.breaks('proactiveListRules')
    const scene = await place(RulesPage, {}, { path: '/settings/invites', lineOpen: false })
    expect(alerts()).toEqual([expect.stringContaining('暂时连不上服务器')])
    listed([rule('a')])
    await press(scene, '重试')
    expect([alerts(), rows().length]).toEqual([[], 1])
  })
})

describe('a rule', () => {
  const page = (id: string): Promise<Scene> => {
    listed([rule('a')])
    return place(RulePage, {}, { path: `/settings/invites/${id}`, lineOpen: false })
  }

  it('is made with what was written, and leads back to the list', async () => {
    net.answers('channelsList', { items: [{ id: 's1', adapter: 'webchat', name: '官网', public_key: '', settings: {}, hook: null, has_secret: true, working: true, share: 100, forward_url: '', created_at: '', archived_at: null }] })
    const scene = await page('new')
    expect(button('保存').disabled).toBe(true)
    await write('规则名称', ' 岩茶页 ')
    await write('中文', '需要介绍吗？')
    await write('页面地址包含', '/rock\n\n /tea/* ')
    await write('在该页停留（秒）', '45')
    await write('浏览器语言', 'zh， en')
    await choose(scene, '网站渠道', '官网')
    await scene.user.keyboard('{Escape}')
    await choose(scene, '来源', '搜索引擎')
    await scene.user.keyboard('{Escape}')
    await settled()
    net.answers('proactiveCreateRule', rule('n'))
    await press(scene, '保存')
    expect(net.asked('proactiveCreateRule').map(({ body }) => body)).toEqual([{
      name: '岩茶页', active: true, texts: { zh: '需要介绍吗？', en: '' },
      conditions: {
        account_ids: ['s1'], pages: ['/rock', '/tea/*'], dwell_s: 45, min_pages: 1, min_visits: 1, sources: ['search'], campaign: '', devices: [],
        languages: ['zh', 'en'], business_hours: true, staffed: true, every_days: 7,
      },
    }])
    await comesTo('/settings/invites')
  })

  it('shows the visitor’s card while it is written', async () => {
    await page('a')
    const card = screen.getByRole('figure', { name: '访客看到的样子' })
    expect(within(card).getByText('需要介绍吗？')).toBeTruthy()
    await write('中文', '您好')
    expect(within(card).getByText('您好')).toBeTruthy()
  })

  it('is changed in place, and says that it is stored', async () => {
    const scene = await page('a')
    await write('规则名称', '另一个名字')
    expect(screen.getByText('有未保存的更改')).toBeTruthy()
    net.answers('proactiveChangeRule', rule('a', { name: '另一个名字' }))
    await press(scene, '保存')
    expect([net.asked('proactiveChangeRule')[0]?.body.name, screen.getByText('已保存'), where()]).toEqual(['另一个名字', expect.anything(), '/settings/invites/a'])
  })

  it.each([
    ['name', '规则名称', '已有同名的规则。'],
    ['texts', '中文', '请至少填写一种语言的邀请语。'],
    ['conditions.pages[2]', '页面地址包含', '太长'],
    ['conditions.dwell_s', '在该页停留（秒）', '至少 3'],
  ])('says beside the field why %s is refused, and keeps what was written', async (named, label, title) => {
    const scene = await page('a')
    await write('英文', 'Hello')
    net.refuses('proactiveChangeRule', problem(400, 'x.y', title, { field: named }))
    await press(scene, '保存')
    expect([beside(label), field('英文').value]).toEqual([title, 'Hello'])
  })

  it('asks before it is left with changes', async () => {
    listed([rule('a')])
    const { user } = await visit('/settings/invites/a')
    await soon(() => expect(field('英文')).toBeTruthy())
    await write('英文', 'Hello')
    const ask = vi.fn(() => false)
    vi.stubGlobal('confirm', ask)
    await user.click(screen.getByRole('link', { name: '全部规则' }))
    await settled()
    expect([where(), field('英文').value]).toEqual(['/settings/invites/a', 'Hello'])
    ask.mockReturnValue(true)
    await user.click(screen.getByRole('link', { name: '全部规则' }))
    await comesTo('/settings/invites')
    expect(ask).toHaveBeenCalledTimes(2)
  })

  it('is removed after a question that names it', async () => {
    const scene = await page('a')
    await press(scene, '移除规则')
    expect(screen.getByText('移除规则 规则 a？')).toBeTruthy()
    net.answers('proactiveArchiveRule', undefined)
    await press(scene, '移除')
    expect(net.asked('proactiveArchiveRule').map(({ path }) => path)).toEqual([{ rule_id: 'a' }])
    await comesTo('/settings/invites')
  })

  it('that is no more says so', async () => {
    await page('gone')
    expect(screen.getByText('这条规则不存在，或已移除。')).toBeTruthy()
  })
})

describe('a draft', () => {
  it('becomes the form it came from', () => {
    const { v, ...conditions } = rule('a').conditions
    expect(formOf(draftOf(rule('a')))).toEqual({ name: '规则 a', active: true, texts: { zh: '需要介绍吗？', en: '' }, conditions })
  })

  it.each([[null, ''], ['name', 'name'], ['texts', 'zh'], ['texts.en', 'en'], ['conditions.pages[0]', 'pages'], ['conditions', ''], ['else', '']])('knows %s as its field %s', (named, known) => {
    expect(fieldOf(named)).toBe(known)
  })

  it('has a rate only where something was sent', () => {
    expect([rateOf(none), rateOf({ sent: 3, accepted: 1, declined: 0, ignored: 0 })]).toEqual([null, 33])
  })
})
