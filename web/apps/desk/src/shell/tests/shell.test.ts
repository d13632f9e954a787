import type { Permission } from '@kezhan/api'
import { fireEvent, screen, within } from '@testing-library/vue'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, nextTick } from 'vue'
import { RouterView } from 'vue-router'
import { head, message, pending, snapshot } from '../../features/conversations/tests/fixtures'
import { line } from '../../features/realtime'
import { forgetStaff } from '../../features/staffchat'
import { useSession } from '../../features/workspaces'
import { comesTo, press, problem, where } from '../../tests/hands'
import { ME, me, net, place, screenIs, settled, soon, visit, type Scene } from '../../tests/stage'
import DeskRail from '../DeskRail.vue'
import KeysHelp from '../KeysHelp.vue'
import LineBanner from '../LineBanner.vue'
import NowherePage from '../NowherePage.vue'
import PhoneBar from '../PhoneBar.vue'
import { queriesOf } from '../queries'
import SettingsHome from '../SettingsHome.vue'
import { bindings, useKeys } from '../shortcuts'

const as = (permissions: Permission[]): void => net.answers('workspacesGetMe', me({ permissions }))
const AUDITOR: Permission[] = ['member.read', 'audit.read']
const calm = { lineOpen: false }
const rail = (): HTMLElement => screen.getAllByRole('navigation', { name: '主导航' })[0]!
const names = (within_: HTMLElement): (string | null)[] => within(within_).getAllByRole('link').map((link) => link.getAttribute('aria-label') ?? link.textContent.trim())
const current = (within_: HTMLElement): (string | null)[] => within(within_).getAllByRole('link').filter((link) => link.getAttribute('aria-current') === 'page').map((link) => link.getAttribute('href'))

describe('the rail', () => {
  it.each([
    ['/conversations/mine', '/conversations'],
    ['/contacts', '/contacts'],
    ['/visitors', '/visitors'],
    ['/monitor', '/monitor'],
    ['/settings/team', '/settings'],
    ['/me', '/me'],
  ])('at %s marks %s', async (path, to) => {
    await place(DeskRail, {}, { path, lineOpen: false })
    expect([names(rail()), current(rail())]).toEqual([['会话', '搜索', '客户', '在线访客', '监控', '设置', '我'], [to]])
  })

  it('names the places in the reader’s language', async () => {
    await place(DeskRail, {}, { lineOpen: false, language: 'en' })
    expect(names(screen.getByRole('navigation'))).toEqual(['Conversations', 'Search', 'Customers', 'Visitors', 'Monitor', 'Settings', 'Me'])
  })

  it.each([[DeskRail], [PhoneBar]])('and the bar offer an auditor neither conversations nor customers', async (part) => {
    as(AUDITOR)
    await place(part, {}, calm)
    expect(within(rail()).getAllByRole('link').map((link) => link.getAttribute('href'))).toEqual(['/settings', '/me'])
  })

  it.each(['/', '/conversations/mine', '/contacts'])('%s leads an auditor to what she may see', async (path) => {
    as(AUDITOR)
    await place(NowherePage, {}, { path, lineOpen: false })
    expect(where()).toBe('/settings')
  })
})

describe('the phone’s bar', () => {
  it('holds the four places, the one open marked', async () => {
    await place(PhoneBar, {}, { path: '/contacts', lineOpen: false })
    expect([names(rail()), current(rail())]).toEqual([['会话', '客户', '设置', '我'], ['/contacts']])
  })

  it.each([
    ['/contacts', 1],
    ['/contacts/c1', 0],
    ['/settings/team', 1],
  ])('at %s is there %i times: what fills the screen has it to itself', async (path, times) => {
    net.answers('contactsList', { items: [], next: null })
    net.refuses('contactsGet', problem(404, 'contacts.not_found', '联系人不存在。'))
    net.answers('conversationsOfContact', [])
    net.answers('workspacesListTeams', { items: [] })
    screenIs(390)
    await visit(path)
    await soon(() => expect(screen.getAllByRole('navigation', { name: '主导航' })).toHaveLength(1 + times))
  })
})

describe('what colleagues say and nobody has read', () => {
  afterEach(forgetStaff)
  const rooms = { teams: [], people: [], rooms: [{ id: 'r1', kind: 'direct', name: '', team_id: null, other_id: 'm2', opened_by: 'm2', rev: 3, last_seq: 3, from_seq: 0, read_seq: 1, mentioned: false, muted: false, last_at: '2026-11-22T08:00:00.000Z', last: null }] }

  it.each([[PhoneBar], [SettingsHome]])('is counted on a phone where the way to it begins', async (part) => {
    as(['staff.chat'])
    net.answers('staffchatList', rooms as never)
    screenIs(390)
    await place(part, {}, { path: '/settings', lineOpen: false })
    expect((await screen.findByRole('img', { name: '2 条未读' })).textContent).toBe('2')
  })

  it('is nothing to those who may not chat', async () => {
    as(AUDITOR)
    screenIs(390)
    await place(PhoneBar, {}, calm)
    expect([screen.queryByRole('img', { name: /未读/ }), net.asked('staffchatList')]).toEqual([null, []])
  })
})

describe('settings', () => {
  const RIGHTS: [Permission, string[]][] = [
    ['channel.read', ['渠道', '工作时间']], ['member.read', ['成员与小组']], ['workspace.manage', ['翻译与链接', '订单', '企业空间', '登录与安全', '安全防护']], ['token.manage', ['API 密钥']], ['audit.read', ['操作日志']],
  ]

  it.each(RIGHTS)('offer to those with %s only: %s', async (right, offered) => {
    as([right])
    screenIs(390)
    await place(SettingsHome, {}, { path: '/settings', lineOpen: false })
    expect(screen.getAllByRole('link').map((link) => link.textContent)).toEqual(offered)
  })

  it('say so where a role has none', async () => {
    as([])
    await place(SettingsHome, {}, { path: '/settings', lineOpen: false })
    expect([screen.getByText('你的角色没有可用的设置。'), screen.queryByRole('link'), where()]).toEqual([expect.anything(), null, '/settings'])
  })

  it('open the first section beside their list on a wide screen', async () => {
    as(AUDITOR)
    await place(SettingsHome, {}, { path: '/settings', lineOpen: false })
    await comesTo('/settings/team')
  })

  it('mark the section open, and lead a phone back to the list', async () => {
    as(AUDITOR)
    net.answers('auditListEntries', { items: [], next: null })
    await place(RouterView as never, {}, { path: '/settings/audit', lineOpen: false })
    const sections = screen.getByRole('navigation', { name: '设置' })
    expect([names(sections), current(sections)]).toEqual([['成员与小组', '操作日志'], ['/settings/audit']])
    expect(screen.getByRole('link', { name: '设置' }).getAttribute('href')).toBe('/settings')
  })
})

describe('keys', () => {
  const type = async (...keys: string[]): Promise<void> => {
    for (const key of keys) await fireEvent.keyDown(document.body, { key })
    await settled()
  }

  it.each([
    ['i', '/conversations/mine'],
    ['u', '/conversations/unassigned'],
    ['a', '/conversations/all'],
    ['d', '/conversations/closed'],
    ['c', '/contacts'],
    ['s', '/settings/channels'],
  ])('g %s leads to %s', async (key, goal) => {
    as(['conversation.read', 'contact.read', 'channel.read'])
    net.answers('contactsList', { items: [], next: null })
    net.answers('channelsList', { items: [] })
    net.answers('channelsKinds', { items: [] })
    await visit('/nowhere/at/all')
    await type('g', key)
    await comesTo(goal)
  })

  it('? and the button of the rail show what there is, Escape puts it away', async () => {
    const scene = await visit('/nowhere/at/all')
    await type('?')
    expect(screen.getByRole('dialog', { name: '键盘快捷键' })).toBeTruthy()
    await scene.user.keyboard('{Escape}')
    await soon(() => expect(screen.queryByRole('dialog')).toBeNull())
    await press(scene, '键盘快捷键')
    expect(screen.getByRole('dialog', { name: '键盘快捷键' })).toBeTruthy()
  })

  it('do nothing while the help has the screen', async () => {
    await visit('/nowhere/at/all')
    await type('?')
    await type('g', 'c')
    expect(where()).toBe('/nowhere/at/all')
  })

  it.each(['zh-CN', 'en'] as const)('are each explained (%s)', async (language) => {
    await place(KeysHelp, { open: true }, { lineOpen: false, language })
    const told = screen.getAllByRole('term').map((term) => term.textContent)
    expect(told).toHaveLength(37)
    expect(new Set(told).size).toBe(37)
    expect(told.join()).not.toContain('desk.')
  })

  it('that are explained all do something where a conversation is open', async () => {
    net.answers('conversationsGet', snapshot([message(1)]))
    net.answers('conversationsList', { items: [{ head: head(), read_inbound: 1 }], next: null })
    net.answers('visitsCard', { contact_id: 'p1', visits: 0, first_seen_at: null, visit: null, pages: [] })
    net.refuses('contactsGet', problem(404, 'contacts.not_found', '联系人不存在。'))
    net.answers('conversationsOfContact', [])
    await visit('/conversations/mine/c1')
    await soon(() => expect(Object.keys(bindings())).toContain('r'))
    // Some are for what is chosen; the palette's is a combination, which is no binding.
    await type('x')
    await soon(() => expect(Object.keys(bindings())).toContain('u'))
    const bound = new Set(['Ctrl K', ...Object.keys(bindings()).map((key) => ({ ArrowDown: '↓', ArrowUp: '↑', Escape: 'Esc' })[key] ?? key)])
    await type('?')
    const shown = [...document.querySelectorAll('kbd')].map((key) => key.textContent ?? '')
    expect(shown.filter((key) => !bound.has(key))).toEqual([])
    expect([...bound].filter((key) => !shown.includes(key))).toEqual([])
  })

  it('of the screen on top win, and go with it', async () => {
    const [below, above] = [vi.fn(), vi.fn()]
    const screenOf = (keys: Record<string, () => void>) => defineComponent({ setup: () => (useKeys(keys), () => h('p')) })
    const first = await place(screenOf({ x: below, y: below }), {}, calm)
    const second = await place(screenOf({ x: above }), {}, calm)
    expect([bindings().x, bindings().y]).toEqual([above, below])
    second.unmount()
    expect(bindings().x).toBe(below)
    first.unmount()
    expect(bindings().x).toBeUndefined()
  })
})

describe('the line’s banner', () => {
  const banner = (): string => screen.getByRole('status').textContent ?? ''
  const breakLine = async (): Promise<Scene> => {
    const scene = await place(LineBanner)
    await soon(() => expect(line.state.value).toBe('open'))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    net.lineUp = false
    net.sockets.at(-1)?.end(1006)
    return scene
  }
  const pass = async (ms: number): Promise<void> => {
    await vi.advanceTimersByTimeAsync(ms)
    await nextTick()
  }

  it('is silent while all is well, and for a break that mends itself', async () => {
    await breakLine()
    await pass(700)
    expect(banner()).toBe('')
    net.sockets.at(-1)?.open()
    await pass(1000)
    expect([banner(), line.state.value]).toEqual(['', 'open'])
  })

  it('tells of a longer one, and goes at once when the line is back', async () => {
    await breakLine()
    await pass(900)
    expect(banner()).toContain('连接中断，正在重新连接。')
    net.sockets.at(-1)?.open()
    await nextTick()
    expect(banner()).toBe('')
  })

  it('reads everything afresh once the line is back: what changed meanwhile was told to nobody', async () => {
    await breakLine()
    const before = net.asked('workspacesGetWorkspace').length
    const renewed = vi.spyOn(queriesOf()!, 'invalidateQueries')
    await pass(900)
    net.sockets.at(-1)?.open()
    await pass(2100)
    expect(net.asked('workspacesGetWorkspace').length).toBe(before + 1)
    expect(renewed).toHaveBeenCalledWith()
  })

  it('lets somebody not wait', async () => {
    const { user } = await breakLine()
    await pass(900)
    const before = net.sockets.length
    await user.click(screen.getByRole('button', { name: '立即重连' }))
    expect(net.sockets.length).toBe(before + 1)
  })

  it('says how many messages are held back', async () => {
    localStorage.setItem(`kz.outbox.${ME}`, JSON.stringify([pending('a'), pending('b'), pending('c', { state: 'failed' })]))
    await breakLine()
    await pass(900)
    expect(banner()).toContain('2 条消息会在恢复后发送。')
  })

  it('says that the network is gone, without a button that could not help', async () => {
    await place(LineBanner)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    window.dispatchEvent(new Event('offline'))
    await pass(900)
    expect([banner(), screen.queryByRole('button')]).toEqual(['网络已断开。', null])
    window.dispatchEvent(new Event('online'))
    await pass(0)
    expect(banner()).toBe('')
  })
})

describe('the desk', () => {
  it('lets a keyboard skip to the content', async () => {
    await visit('/nowhere/at/all')
    const skip = screen.getByText('跳到内容')
    expect(document.querySelector(skip.getAttribute('href') ?? '')?.tagName).toBe('MAIN')
  })

  it('says in the window’s title where it is and how much is unread', async () => {
    const rows = [head({ id: 'a', inbound_count: 70 }), head({ id: 'b', inbound_count: 40 })]
    net.answers('conversationsList', { items: rows.map((one) => ({ head: one, read_inbound: 0 })), next: null })
    await visit('/nowhere/at/all')
    await soon(() => expect(document.title).toBe('(99+) 没有这个页面 · 客栈'))
  })

  it('leads back from an address that is none', async () => {
    await visit('/nowhere/at/all')
    expect(screen.getByRole('link', { name: '回到会话' }).getAttribute('href')).toBe('/')
  })

  it('shows nothing of itself before somebody is signed in', async () => {
    net.refuses('workspacesGetMe', problem(401, 'workspaces.sign_in_needed', '请先登录。'))
    await visit('/contacts')
    expect([where(), screen.queryByRole('navigation', { name: '主导航' })]).toEqual(['/sign-in?to=/contacts', null])
  })

  it('goes to the door when the session is over, forgets everything and can come back to the same place', async () => {
    await visit('/nowhere/at/all')
    queriesOf()?.setQueryData(['contact', 'c1'], { name: '王小明' })
    net.refuses('workspacesGetMe', problem(401, 'workspaces.sign_in_needed', '请先登录。'))
    net.sockets.at(-1)?.end(4401)
    await comesTo('/sign-in?to=/nowhere/at/all&over=1')
    expect([useSession().me, queriesOf()?.getQueryData(['contact', 'c1']), line.state.value]).toEqual([null, undefined, 'over'])
  })

  it('stays where the server only cannot be asked whether the session lives', async () => {
    await visit('/nowhere/at/all')
    net.breaks('workspacesGetMe')
    net.sockets.at(-1)?.end(4401)
    await settled()
    expect([where(), useSession().me?.name]).toEqual(['/nowhere/at/all', '小林'])
  })

  it('goes to the door when any request is told that nobody is signed in', async () => {
    net.refuses('contactsList', problem(401, 'workspaces.sign_in_needed', '请先登录。'))
    await visit('/contacts')
    await comesTo('/sign-in?to=/contacts&over=1')
  })

  it('tries the line at once when the network is back', async () => {
    await visit('/nowhere/at/all')
    net.lineUp = false
    net.sockets.at(-1)?.end(1006)
    const before = net.sockets.length
    window.dispatchEvent(new Event('online'))
    expect(net.sockets.length).toBe(before + 1)
  })

  it('does not ask for conversations those may not see', async () => {
    as(AUDITOR)
    await visit('/nowhere/at/all')
    expect([net.asked('conversationsList'), net.asked('conversationsCount')]).toEqual([[], []])
  })
})
