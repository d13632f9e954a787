import type { ExportView, Group, Hit } from '@kezhan/api'
import { screen, within } from '@testing-library/vue'
import { beforeEach, describe, expect, it } from 'vitest'
import { alerts, choose, comesTo, press, problem, write } from '../../../tests/hands'
import { agentMay, me, net, place, settled, soon, type Scene } from '../../../tests/stage'
import { head } from '../../conversations/tests/fixtures'
import { sizeOf } from '../../files'
import SearchPage from '../pages/SearchPage.vue'
import { askedOf, queryOf, questionOf, sentOf } from '../question'

const at = '2026-11-22T08:00:00.000Z'
const hit = (seq: number, more: Partial<Hit> = {}): Hit => ({
  is: 'message', head: head(), seq, kind: 'text', author: { kind: 'visitor' }, at, snippet: '要春茶两盒', matches: [[1, 3]], ...more,
})
const person: Group['items'][number] = {
  is: 'person', snippet: '喜欢春茶', matches: [[2, 4]], name_matches: [],
  contact: { id: 'k1', number: '000123', name: '', email: null, phone: null, language: null, tier: '', owner_id: null, created_at: at },
}
const file: Group['items'][number] = {
  is: 'file', head: head(), seq: 9, author: { kind: 'agent', name: '周小满' }, at, matches: [[0, 2]],
  file: { is: 'file', file_id: 'f', name: '春茶.pdf', media_type: 'application/pdf', size: 1536 },
}
const groups = (message: Hit[] = [hit(4)], next: string | null = null): { groups: Group[] } => ({
  groups: [
    { kind: 'person', items: [person], next: null },
    { kind: 'conversation', items: [], next: null },
    { kind: 'message', items: message, next },
    { kind: 'file', items: [file], next: null },
  ],
})
const made = (more: Partial<ExportView> = {}): ExportView => ({
  id: 'e1', kind: 'message', question: { q: '春茶', filters: {} }, state: 'running', found: 1200, cut: false, fault: null, created_at: at, expires_at: null, ...more,
})
const open = (path: string): Promise<Scene> => place(SearchPage, {}, { path, lineOpen: false })

beforeEach(() => {
  net.answers('workspacesGetMe', me({ permissions: [...agentMay, 'search.export'] }))
  net.answers('channelsList', { items: [] })
  net.answers('tagsList', { items: [], manages: false, limit: 1000 })
  net.answers('searchEverything', groups())
})

describe('a question', () => {
  it('stands in the address, and days are the reader’s', () => {
    const asked = askedOf({ q: ' 春茶 ', kind: 'message', seat: 'm1', from: '2026-11-01', to: '2026-11-02', media: '' })
    expect(askedOf(queryOf(asked))).toEqual(asked)
    const days = [new Date(2026, 10, 1).toISOString(), new Date(2026, 10, 3).toISOString()]
    expect(sentOf(asked)).toEqual({ q: '春茶', assignee_id: 'm1', since: days[0], until: days[1] })
    expect(questionOf({ ...asked, media: 'image' })).toEqual({ q: '春茶', media: 'image', filters: { assignee_id: 'm1', since: days[0], until: days[1] } })
    expect(sentOf({ ...asked, from: 'x', to: '0001-13-99' })).toEqual({ q: '春茶', assignee_id: 'm1' })
  })

  it.each([[0, '0 B'], [1023, '1023 B'], [1536, '1.5 KB'], [20 * 1024 ** 2, '20 MB']])('a file of %i bytes is of %s', (bytes, said) => {
    expect(sizeOf(bytes)).toBe(said)
  })
})

describe('the page', () => {
  it('finds while one types, groups what it finds, and leads to the place', async () => {
    await open('/search')
    expect(screen.getByText('搜索所有内容')).toBeTruthy()
    await write('搜索', '春茶')
    await comesTo('/search?q=%E6%98%A5%E8%8C%B6')
    const messages = await screen.findByRole('region', { name: '消息' })
    const link = within(messages).getByRole('link')
    expect([link.getAttribute('href'), [...link.querySelectorAll('mark')].map((mark) => mark.textContent)]).toEqual(['/conversations/all/c1?hit=1&seq=4', ['春茶']])
    expect(within(screen.getByRole('region', { name: '客户' })).getByRole('link').getAttribute('href')).toBe('/contacts/k1')
    expect(screen.getByRole('region', { name: '文件' }).textContent).toContain('1.5 KB')
    expect(screen.queryByRole('region', { name: '会话' })).toBeNull()
    expect(net.asked('searchEverything').map(({ query }) => query.q)).toEqual(['春茶'])
  })

  it('says what is wrong, and that nothing is found, and widens the search', async () => {
    net.refuses('searchEverything', problem(503, 'kit.no_database', '暂时没能搜索，请稍后再试。'))
    const scene = await open('/search?q=a&by=visitor')
    await soon(() => expect(alerts()).toEqual([expect.stringContaining('暂时没能搜索')]))
    net.answers('searchEverything', { groups: [] })
    await press(scene, '重试')
    await screen.findByText('没有找到“a”', { selector: '.font-medium' })
    net.answers('searchEverything', groups())
    await press(scene, '清除筛选')
    await comesTo('/search?q=a')
    await screen.findByRole('region', { name: '消息' })
  })

  it('walks one kind page by page, also where a page is empty', async () => {
    net.answers('searchKind', { items: [], next: 'n1' })
    const scene = await open('/search?q=a&kind=message')
    await screen.findByText('近期没有匹配的结果，可以继续往前找。')
    net.answers('searchKind', { items: [hit(2, { snippet: '<img src=x>', matches: [] })], next: null })
    await press(scene, '显示更多')
    await screen.findByText('<img src=x>')
    expect(net.asked('searchKind').map(({ query }) => query.after)).toEqual([undefined, 'n1'])
    expect(screen.queryByRole('button', { name: '显示更多' })).toBeNull()
  })

  it('is narrowed to a customer and a seat, each taken away again', async () => {
    net.answers('workspacesListMembers', { items: [{ id: 'm1', user_id: 'u1', name: '周小满', email: 'zhou@tea.example', role: 'agent', avatar_file_id: null, created_at: at, archived_at: null, team_ids: [] }], next: null } as never)
    net.answers('contactsList', { items: [{ ...person.contact, name: '陆羽' }], next: null })
    net.answers('contactsGet', { ...person.contact, name: '陆羽', owner_name: '', note: '', merges: [], company_id: null, company_name: '', attributes: {}, identities: [] })
    const scene = await open('/search?q=a')
    await press(scene, '客户')
    await scene.user.click(await screen.findByRole('button', { name: '陆羽' }))
    await comesTo('/search?contact=k1&q=a')
    await choose(scene, '接待客服', '周小满')
    await comesTo('/search?contact=k1&seat=m1&q=a')
    await soon(() => expect(net.asked('searchEverything').at(-1)?.query).toEqual({ q: 'a', contact_id: 'k1', assignee_id: 'm1' }))
    await press(scene, '去掉筛选：客户')
    await comesTo('/search?seat=m1&q=a')
  })

  it('remembers what was looked for, on this device', async () => {
    const scene = await open('/search?q=%E6%98%A5%E8%8C%B6')
    await scene.user.type(screen.getByLabelText('搜索', { selector: 'input' }), '{Enter}')
    await write('搜索', '')
    await comesTo('/search')
    const recent = await screen.findByRole('region', { name: '最近搜索' })
    await scene.user.click(within(recent).getByText('春茶'))
    await comesTo('/search?q=%E6%98%A5%E8%8C%B6')
    expect(JSON.parse(localStorage.getItem('kz.search.recent.member-1') ?? '')).toEqual(['春茶'])
  })

  it('takes the hits out, tells how far it is, and stops', async () => {
    net.answers('searchListExports', { items: [], most: 100_000 })
    const scene = await open('/search?q=%E6%98%A5%E8%8C%B6')
    await screen.findByRole('region', { name: '消息' })
    await press(scene, '导出搜索结果')
    await screen.findByText('还没有导出过')
    net.answers('searchExport', made())
    net.answers('searchListExports', { items: [made()], most: 100_000 })
    await press(scene, '导出')
    expect(net.asked('searchExport').map(({ body }) => body)).toEqual([{ kind: 'person', question: { q: '春茶', filters: {} } }])
    await screen.findByText('正在导出，已有 1,200 行')
    net.answers('searchCancelExport', undefined as never)
    net.answers('searchListExports', { items: [made({ state: 'cancelled' }), made({ id: 'e2', state: 'failed', fault: 'search.rights_gone' })], most: 100_000 })
    await press(scene, '取消')
    await soon(() => expect(screen.getByText('已取消')).toBeTruthy())
    expect(screen.getByText('导出权限已被收回。')).toBeTruthy()
    expect(screen.getAllByRole('button', { name: '删除导出：消息 · 春茶' })).toHaveLength(2)
  })

  it('offers no export to whom it is not allowed', async () => {
    net.answers('workspacesGetMe', me())
    await open('/search?q=a')
    await settled()
    expect(screen.queryByRole('button', { name: '导出搜索结果' })).toBeNull()
  })
})
