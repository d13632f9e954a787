import type { Geography, OnSite } from '@kezhan/api'
import { screen, within } from '@testing-library/vue'
import { beforeEach, describe, expect, it } from 'vitest'
import { alerts, button, choose, press, problem, where, write } from '../../../tests/hands'
import { agentMay, me, net, place, screenIs, settled, soon, type Scene } from '../../../tests/stage'
import VisitorsPage from '../pages/VisitorsPage.vue'
import { visitor } from './fixtures'

const world = (...items: Geography['items']): Geography => ({ visitors: items.reduce((sum, { visitors }) => sum + visitors, 0), items })

beforeEach(() => {
  net.answers('proactiveGeography', world({ country: 'CN', visitors: 2, waiting: 1 }, { country: 'ZZ', visitors: 1, waiting: 0 }))
})

const page = (items: OnSite[], lineOpen = false, language: 'zh-CN' | 'en' = 'zh-CN'): Promise<Scene> => {
  net.answers('proactiveVisitors', { items, next: null })
  return place(VisitorsPage, {}, { path: '/visitors', lineOpen, language })
}
const rows = (): HTMLElement[] => within(screen.getAllByRole('table')[0]!).getAllByRole('row').slice(1)
const cells = (row: HTMLElement): string[] => within(row).getAllByRole('cell').map((cell) => cell.textContent.replace(/4\d 秒/, '42 秒'))
const queries = (): unknown[] => net.asked('proactiveVisitors').map(({ query }) => Object.fromEntries(Object.entries(query).filter(([name, value]) => value && name !== 'limit')))

describe('the list of visitors', () => {
  it('shows who is there, where she is and for how long, and what her visit tells', async () => {
    await page([visitor('v1', { name: '王小明', tier: 'VIP' }), visitor('v2', { title: '', search_word: '', campaign: 'spring', source: 'campaign' })])
    expect(cells(rows()[0]!)).toEqual(['明王小明VIP中国 · 中文', '武夷岩茶本页 42 秒/rock', '3 页 · 第 2 次来访手机 · iOS 17 · Safari 17', '搜索引擎岩茶', '邀请'])
    expect(cells(rows()[1]!).slice(0, 4)).toEqual(['访客 1007中国 · 中文', '/rock本页 42 秒/rock', '3 页 · 第 2 次来访手机 · iOS 17 · Safari 17', '推广活动spring'])
    expect([screen.getByText('3 位访客在线'), within(rows()[0]!).getByRole('link', { name: '王小明 的资料' }).getAttribute('href')]).toEqual([expect.anything(), '/contacts/c-v1'])
  })

  it('never makes a link of an address that is none of the web', async () => {
    await page([visitor('v1', { url: 'javascript:alert(1)' })])
    expect(within(rows()[0]!).getAllByRole('link').map((link) => link.getAttribute('href'))).toEqual(['/contacts/c-v1'])
  })

  it.each<[Partial<OnSite>, string, string | null]>([
    [{ conversation: { id: 'k1', state: 'queued', agent_name: '' } }, '排队中', '/conversations/all/k1'],
    [{ conversation: { id: 'k1', state: 'assigned', agent_name: '周子安' } }, '周子安 接待中', '/conversations/all/k1'],
    [{ conversation: { id: null, state: 'assigned', agent_name: '周子安' } }, '周子安 接待中', null],
    [{ invite: { state: 'sent', sent_at: '', by_rule: false } }, '已邀请，等待回应', null],
  ])('offers no invitation where %o', async (more, text, to) => {
    await page([visitor('v1', more)])
    const state = within(rows()[0]!).getAllByRole('cell').at(-1)!
    expect([state.textContent, within(state).queryByRole('button'), within(state).queryByRole('link')?.getAttribute('href') ?? null]).toEqual([text, null, to])
  })

  it.each([['declined', '暂不需要'], ['ignored', '未回应邀请'], ['accepted', '接受了邀请']] as const)('says that she has %s, and may be invited again', async (state, text) => {
    await page([visitor('v1', { invite: { state, sent_at: '', by_rule: true } })])
    expect(cells(rows()[0]!).at(-1)).toBe(`${text}邀请`)
    expect(screen.getByTitle('由规则邀请')).toBeTruthy()
  })

  it('has no invitations for those who do not reply', async () => {
    net.answers('workspacesGetMe', me({ permissions: ['contact.read'] }))
    await page([visitor('v1')])
    expect(screen.queryByRole('button', { name: /邀请/ })).toBeNull()
  })

  it('is cards on a phone, beside the customers', async () => {
    screenIs(390)
    await page([visitor('v1', { name: '王小明' })])
    expect([screen.getAllByRole('table').length, screen.getByRole('listitem').textContent.replace(/4\d 秒/, '42 秒')]).toEqual([
      1, '明王小明中国 · 中文武夷岩茶本页 42 秒/rock3 页 · 第 2 次来访 · 搜索引擎 · 岩茶 · 手机 · iOS 17 · Safari 17邀请',
    ])
    expect(within(screen.getByRole('navigation', { name: '客户与访客' })).getByRole('link', { current: 'page' }).textContent).toBe('在线访客')
  })

  it('says what it is for where nobody is there', async () => {
    net.answers('proactiveGeography', world())
    await page([])
    expect([screen.getByText('现在没有访客在线'), screen.queryByText('国家和地区')]).toEqual([expect.anything(), null])
  })

  it('says why it cannot be read, and reads it when asked again', async () => {
    net.refuses('proactiveVisitors', problem(403, 'workspaces.not_permitted', '你没有这项操作的权限。'))
    const scene = await place(VisitorsPage, {}, { path: '/visitors', lineOpen: false })
    expect(alerts()).toEqual([expect.stringContaining('没有这项操作的权限')])
    net.answers('proactiveVisitors', { items: [visitor('v1')], next: null })
    await press(scene, '重试')
    expect([alerts(), rows().length]).toEqual([[], 1])
  })

  it('reads on where there are more', async () => {
    net.answers('proactiveVisitors', ({ query }) => (query.after ? { items: [visitor('v2')], next: null } : { items: [visitor('v1')], next: 'p2' }))
    const scene = await place(VisitorsPage, {}, { path: '/visitors', lineOpen: false })
    await press(scene, '加载更多')
    expect([rows().length, screen.queryByRole('button', { name: '加载更多' })]).toEqual([2, null])
  })
})

describe('its filters', () => {
  const rest = (): Promise<void> => soon(() => expect(net.asked('proactiveVisitors').length).toBeGreaterThan(1)).then(settled)

  it('ask the server for a country, a source, a state and a page', async () => {
    const scene = await page([visitor('v1')])
    await choose(scene, '国家或地区', '中国 (2)')
    await choose(scene, '来源', '社交媒体')
    await choose(scene, '会话', '排队中')
    await write('页面标题或地址', '岩茶')
    await soon(() => expect(queries().at(-1)).toEqual({ country: 'CN', source: 'social', talk: 'waiting', page: '岩茶' }))
  })

  it('take a country from the table beside, and let it go again', async () => {
    const scene = await page([visitor('v1')])
    await press(scene, '只看未知地区')
    await rest()
    expect([queries().at(-1), button('只看未知地区').getAttribute('aria-pressed')]).toEqual([{ country: 'ZZ' }, 'true'])
    await press(scene, '只看未知地区')
    await soon(() => expect(button('只看未知地区').getAttribute('aria-pressed')).toBe('false'))
  })

  it('say that nobody fits, and are cleared', async () => {
    net.answers('proactiveVisitors', ({ query }) => ({ items: query.page ? [] : [visitor('v1')], next: null }))
    const scene = await place(VisitorsPage, {}, { path: '/visitors', lineOpen: false })
    await write('页面标题或地址', '没有')
    await soon(() => expect(screen.getByText('没有符合条件的访客')).toBeTruthy())
    await press(scene, '清除筛选')
    await soon(() => expect(rows().length).toBe(1))
  })
})

describe('what changes', () => {
  it('is followed while the page is open, on every line anew, and read when the server says so', async () => {
    const scene = await page([visitor('v1')], true)
    const follows = (): unknown[] => net.saidOf('follow')
    expect(follows().at(-1)).toEqual({ type: 'follow', topics: ['visitors'] })
    net.answers('proactiveVisitors', { items: [visitor('v1'), visitor('v2')], next: null })
    net.tell({ type: 'stale', topic: 'visitors' })
    await soon(() => expect(rows().length).toBe(2))
    const before = net.asked('proactiveVisitors').length
    net.tell({ type: 'stale', topic: 'another' })
    await settled()
    expect(net.asked('proactiveVisitors').length).toBe(before)
    scene.unmount()
    expect(follows().at(-1)).toEqual({ type: 'follow', topics: [] })
  })
})

describe('an invitation by hand', () => {
  const open = async (): Promise<Scene> => {
    net.answers('workspacesGetMe', me({ permissions: agentMay }))
    const scene = await page([visitor('v1', { name: '王小明' })])
    await press(scene, '邀请 王小明')
    return scene
  }

  it('goes to the visitor in the agent’s words, and the list is read again', async () => {
    const scene = await open()
    net.answers('proactiveInvite', { id: 'i1', sent_at: '2026-11-22T08:00:42.000Z' })
    await write('邀请语', ' 需要帮忙吗？ ')
    net.answers('proactiveVisitors', { items: [visitor('v1', { invite: { state: 'sent', sent_at: '', by_rule: false } })], next: null })
    await press(scene, '发出邀请')
    expect(net.asked('proactiveInvite').map(({ path, body }) => [path, body])).toEqual([[{ identity_id: 'v1' }, { text: '需要帮忙吗？' }]])
    await soon(() => expect(cells(rows()[0]!).at(-1)).toBe('已邀请，等待回应'))
    expect(screen.queryByLabelText('邀请语')).toBeNull()
    expect(where()).toBe('/visitors')
  })

  it('begins with what was said last', async () => {
    localStorage.setItem('kezhan.invite', '您好')
    await open()
    expect((screen.getByLabelText('邀请语') as HTMLTextAreaElement).value).toBe('您好')
  })

  it('is not sent without words, and stays where it is refused', async () => {
    const scene = await open()
    expect(button('发出邀请').disabled).toBe(true)
    await write('邀请语', '在吗')
    net.refuses('proactiveInvite', problem(409, 'proactive.gone', '访客已离开网站。'))
    await press(scene, '发出邀请')
    expect([alerts(), (screen.getByLabelText('邀请语') as HTMLTextAreaElement).value]).toEqual([['访客已离开网站。'], '在吗'])
  })
})
