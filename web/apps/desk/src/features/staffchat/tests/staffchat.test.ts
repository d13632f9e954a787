import type { StaffChanged, StaffMessage, StaffRoom, StaffSnapshot } from '@kezhan/api'
import { fireEvent, screen, within } from '@testing-library/vue'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { alerts, button, press, problem, where } from '../../../tests/hands'
import { agentMay, ME, me, net, place, screenIs, settled, soon, type Scene } from '../../../tests/stage'
import ThreadHeader from '../../conversations/components/ThreadHeader.vue'
import { head } from '../../conversations/tests/fixtures'
import StaffDrawer from '../components/StaffDrawer.vue'
import { forgetStaff } from '../live'
import ColleaguesPage from '../pages/ColleaguesPage.vue'
import { fromSnapshot, itemsOf, merge, moved, unreadIn, withMissed, type Talk } from '../room'
import { useStaff } from '../store'

const at = '2026-11-22T08:00:00.000Z'
const word = (seq: number, body = `第${seq}句`, more: Partial<StaffMessage> = {}): StaffMessage => ({ seq, rev: seq, author_id: 'm2', kind: 'text', at, client_id: `c${seq}`, body, ...more })
const room = (id: string, more: Partial<StaffRoom> = {}): StaffRoom => ({
  id, kind: 'direct', name: '', team_id: null, other_id: 'm2', opened_by: ME, rev: 1, last_seq: 1, from_seq: 0, read_seq: 1, mentioned: false, muted: false, last_at: at, last: word(1), ...more,
})
const told = (room_id: string, from_rev: number, ...messages: StaffMessage[]): StaffChanged => ({ type: 'staff_changed', room_id, from_rev, rev: messages.at(-1)!.rev, messages })
const snapshot = (one: StaffRoom, messages: StaffMessage[], whole = true): StaffSnapshot => ({ room: one, members: [{ member_id: ME, read_seq: 0 }, { member_id: 'm2', read_seq: 0 }], messages, whole })
const people = [
  { id: ME, name: '小林', gone: false },
  { id: 'm2', name: '周小满', gone: false },
  { id: 'm3', name: '王五', gone: false },
  { id: 'm4', name: '赵六', gone: true },
]
const rooms = (...some: StaffRoom[]): void => net.answers('staffchatList', { rooms: some, teams: [{ id: 't1', name: '售后' }], people })
const page = (path = '/colleagues', more: Record<string, unknown> = {}): Promise<Scene> => place(ColleaguesPage, {}, { path, ...more })
const list = (): HTMLElement => screen.getAllByRole('region', { name: '同事聊天' })[0]!
const log = (): HTMLElement => screen.getByRole('log')
const say = async (text: string): Promise<void> => {
  const field = screen.getByRole('textbox', { name: '发消息' })
  await fireEvent.update(field, text)
  await fireEvent.keyDown(field, { key: 'Enter' })
  await settled()
}
const stored = (seq: number) => ({ room_id: 'r1', client_id: '', seq, from_rev: seq - 1, rev: seq, at, repeated: false })

afterEach(forgetStaff)

beforeEach(() => {
  net.answers('workspacesGetMe', me({ permissions: [...agentMay, 'staff.chat'] }))
  net.answers('staffchatRead', undefined as never)
  net.answers('staffchatTyping', undefined as never)
  rooms(room('r1'))
  net.answers('staffchatGet', snapshot(room('r1'), [word(1)]))
})

describe('a room', () => {
  it('takes frames by the merge rule, in whatever order they come', () => {
    const start = fromSnapshot(snapshot(room('r1'), [word(1)]))
    const frames = [told('r1', 1, word(2)), told('r1', 2, word(3)), told('r1', 3, word(1, '改过', { rev: 4 })), told('r1', 1, word(2), word(3))]
    const orders = [[0, 1, 2], [3, 2], [0, 0, 3, 1, 2, 2], [3, 0, 2, 1]]
    for (const order of orders) {
      const end = order.reduce<Talk>((talk, n) => merge(talk, frames[n]!) ?? talk, start)
      expect([end.rev, end.messages.map(({ body }) => body)]).toEqual([4, ['改过', '第2句', '第3句']])
    }
    expect(merge(start, frames[1]!)).toBe(null)
    expect(withMissed(start, snapshot(room('r1', { rev: 9 }), [word(9)])).messages).toHaveLength(1)
    expect(withMissed(start, snapshot(room('r1', { rev: 2 }), [word(2)], false)).messages).toHaveLength(2)
  })

  it('counts what is unread, and quietly where it is muted', () => {
    const one = moved(room('r1'), told('r1', 1, word(2), word(3, '', { mentions: [ME] })), ME)
    expect([one.last_seq, one.read_seq, one.mentioned]).toEqual([3, 1, true])
    expect(moved(room('r1'), told('r1', 1, word(2, '', { author_id: ME })), ME).read_seq).toBe(2)
    const loud = room('a', { last_seq: 3 })
    expect(unreadIn([loud, { ...loud, id: 'b', muted: true }, { ...loud, id: 'c', muted: true, mentioned: true }])).toBe(4)
    const happened = word(2, '', { kind: 'event', payload: { is: 'event', event: 'left' } })
    expect(itemsOf([word(1), happened, word(3), word(4)], [], ME).map(({ type }) => type)).toEqual(['day', 'line', 'event', 'line', 'line'])
  })
})

describe('the list', () => {
  it('has the rooms, whom else one can talk to, and what has come', async () => {
    await page()
    expect(within(list()).getAllByRole('button').map(({ textContent }) => textContent)).toEqual(['', expect.stringContaining('周小满'), '全员公告', '售后', '五王五'])
    net.tell(told('r1', 1, word(2, '@小林 在吗', { mentions: [ME] })))
    const row = await screen.findByRole('button', { name: /有人提到你/ })
    expect([row.textContent, useStaff().total]).toEqual([expect.stringContaining('1 条未读'), 1])
    net.tell({ type: 'staff_typing', room_id: 'r1', member_id: 'm2' })
    await soon(() => expect(row.textContent).toContain('周小满正在输入'))
    net.tell({ type: 'staff_read', room_id: 'r1', member_id: ME, read_seq: 2 })
    await soon(() => expect(useStaff().total).toBe(0))
    await fireEvent.update(screen.getByLabelText('搜索聊天或同事'), '没有这个人')
    expect(screen.getByText('没有找到')).toBeTruthy()
  })

  it('says why there is nothing, and tries again', async () => {
    net.breaks('staffchatList')
    const scene = await page()
    expect(alerts()).toEqual([expect.stringContaining('暂时连不上服务器')])
    rooms()
    await press(scene, '重试')
    expect([alerts(), within(list()).getByText('周小满')]).toEqual([[], expect.anything()])
  })

  it('opens a direct chat with whom is chosen, and says so where it cannot', async () => {
    const scene = await page()
    net.refuses('staffchatOpen', problem(404, 'staffchat.nobody', '没有这位同事。'))
    await scene.user.click(within(list()).getByText('王五'))
    await screen.findByText('没有这位同事。')
    net.answers('staffchatOpen', snapshot(room('r9', { other_id: 'm3', last_seq: 0, rev: 0, read_seq: 0, last: null }), []))
    await scene.user.click(within(list()).getByText('王五'))
    await soon(() => expect(where()).toBe('/colleagues/r9'))
    expect(net.asked('staffchatOpen').at(-1)!.body).toEqual({ kind: 'direct', member_id: 'm3' })
  })
})

describe('a chat', () => {
  it('shows what is said, marks it read and asks for what is missing', async () => {
    rooms(room('r1', { rev: 2, last_seq: 2 }))
    net.answers('staffchatGet', snapshot(room('r1', { rev: 2, last_seq: 2 }), [word(1), word(2, '<b>粗</b>', { quote_seq: 1 })]))
    await page('/colleagues/r1')
    expect([within(log()).getByText('<b>粗</b>'), within(log()).getByText('周小满：第1句')]).toEqual([expect.anything(), expect.anything()])
    await soon(() => expect(net.asked('staffchatRead').map(({ body }) => body)).toEqual([{ seq: 2 }]))
    net.answers('staffchatGet', snapshot(room('r1', { rev: 4, last_seq: 4 }), [word(3), word(4)], false))
    net.tell(told('r1', 3, word(4)))
    await soon(() => expect(within(log()).getByText('第3句')).toBeTruthy())
    expect(net.asked('staffchatGet').at(-1)!.query).toEqual({ since: '2' })
    net.tell(told('r1', 4, word(4, '', { rev: 5, recalled_at: at })))
    await within(log()).findByText('消息已撤回')
  })

  it('says a word once, through a broken line and a reload, and a refusal beside it', async () => {
    const scene = await page('/colleagues/r1')
    net.breaks('staffchatSend')
    await say('@周小满 好的')
    expect(within(log()).getByText('发送中')).toBeTruthy()
    const [first] = net.asked('staffchatSend')
    expect(first!.body).toMatchObject({ body: '@周小满 好的', mentions: ['m2'] })
    expect(localStorage.getItem(`kz.staff.outbox.${ME}`)).toContain('好的')
    net.answers('staffchatSend', stored(2))
    net.sockets.at(-1)!.end(1006)
    await soon(() => expect(net.asked('staffchatSend')).toHaveLength(2))
    expect(net.asked('staffchatSend')[1]!.body.client_id).toBe(first!.body.client_id)
    net.tell(told('r1', 1, word(2, '@周小满 好的', { author_id: ME, client_id: first!.body.client_id })))
    await soon(() => expect(within(log()).queryByText('发送中')).toBe(null))
    expect(within(log()).getAllByText(/好的/)).toHaveLength(1)
    expect(localStorage.getItem(`kz.staff.outbox.${ME}`)).toBe('[]')
    net.refuses('staffchatSend', problem(409, 'staffchat.colleague_gone', '这位同事已不在。'))
    await say('还在吗')
    expect(alerts()).toEqual(['这位同事已不在。'])
    await scene.user.click(screen.getAllByRole('button', { name: '消息操作' }).at(-1)!)
    await scene.user.click(await screen.findByRole('menuitem', { name: '删除' }))
    expect(within(log()).queryByText('还在吗')).toBe(null)
  })

  it('keeps what is being written, and is shut where one may not write', async () => {
    const scene = await page('/colleagues/r1')
    await fireEvent.update(screen.getByRole('textbox', { name: '发消息' }), '写到一半')
    await soon(() => expect(net.asked('staffchatTyping')).toHaveLength(1))
    scene.unmount()
    const again = await page('/colleagues/r1')
    expect((screen.getByRole('textbox', { name: '发消息' }) as HTMLTextAreaElement).value).toBe('写到一半')
    again.unmount()
    const board = room('r2', { kind: 'everyone', other_id: null })
    rooms(board)
    net.answers('staffchatGet', snapshot(board, [word(1)]))
    await page('/colleagues/r2')
    await screen.findByText('只有管理者可以发布公告。')
  })

  it('that is closed to the reader says so and shows nothing of it', async () => {
    net.refuses('staffchatGet', problem(404, 'staffchat.no_room', '没有这个聊天。'))
    await page('/colleagues/r1')
    await screen.findByText('这个聊天打不开')
    expect([screen.queryByRole('log'), screen.queryByRole('textbox', { name: '发消息' })]).toEqual([null, null])
  })
})

describe('beside a customer’s thread', () => {
  const header = { head: head(), offered: [], phone: false, sideOpen: false }

  it('a conversation goes to a colleague with its link, drawn for who sees it', async () => {
    net.answers('conversationsGetRow', { head: head(), unread: 0 } as never)
    const scene = await place(ThreadHeader, header)
    await scene.user.click(button('更多操作'))
    await scene.user.click(await screen.findByRole('menuitem', { name: '发给同事' }))
    scene.unmount()
    const beside = await place(StaffDrawer)
    await soon(() => expect([useStaff().drawer, useStaff().sharing, list()]).toEqual([true, head().id, expect.anything()]))
    await beside.user.click(within(list()).getByText('周小满'))
    net.answers('staffchatSend', stored(2))
    await screen.findByRole('button', { name: '不附上会话' })
    await say('')
    expect(net.asked('staffchatSend')[0]!.body).toMatchObject({ conversation_id: head().id, body: '' })
    net.refuses('conversationsGetRow', problem(404, 'conversations.not_found', '没有'))
    net.tell(told('r1', 1, word(2, '', { conversation_id: 'c-hidden' })))
    await screen.findByText('一个会话，你没有查看权限')
  })

  it('on a phone the page is the place', async () => {
    screenIs(390)
    await place(StaffDrawer)
    useStaff().share('c1')
    await soon(() => expect([where(), useStaff().drawer]).toEqual(['/colleagues', false]))
  })
})
