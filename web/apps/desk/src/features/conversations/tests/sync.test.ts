import type { ListRow, Message } from '@kezhan/api'
import { screen } from '@testing-library/vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { net, place, settled, soon } from '../../../tests/stage'
import { router } from '../../../router'
import { leaveDesk } from '../../../shell/connect'
import { useLists, useOutbox, useThreads } from '..'
import { line } from '../../realtime'
import { changed, head, mark, ME, message, snapshot } from './fixtures'
import { openMessages } from './scene'

const me = { kind: 'agent' as const, id: ME, name: '小林' }
const log = (): string => screen.getByRole('log').textContent!
const seqs = (): (number | undefined)[] => useThreads().watched!.thread!.messages.map((one) => one.seq)
const marks = (): number[][] => net.saidOf('mark').map((one) => [one.delivered_seq ?? 0, one.read_seq ?? 0])
const row = (id: string, more = {}, read = 1): ListRow => ({ head: head({ id, active_at: `2026-11-22T08:00:0${id.slice(1)}.000Z`, ...more }), read_inbound: read })
const ids = (name: 'mine' | 'unassigned' | 'all' | 'closed' = 'mine'): string[] => useLists().rowsOf(name).map((one) => one.head.id)

async function broken(): Promise<void> {
  net.sockets.at(-1)!.end(1006)
  net.said.length = 0
  line.hurry()
  await settled()
}

describe('older pages', () => {
  const tail = [message(51), message(52)]

  it('come in front when the reader is near the top, until the conversation begins', async () => {
    net.answers('conversationsOlder', ({ query }) =>
      query.before === '51' ? { items: [message(49), message(50)], next: 'n' } : { items: [message(1)], next: null },
    )
    await openMessages(tail)
    await soon(() => expect(seqs()).toEqual([1, 49, 50, 51, 52]))
    await settled()
    expect(net.asked('conversationsOlder').map(({ path, query }) => [path.conversation_id, query.before, query.limit])).toEqual([
      ['c1', '51', '50'],
      ['c1', '49', '50'],
    ])
    expect(log()).toContain('会话从这里开始')
  })

  it('are asked once while they are on their way', async () => {
    const answer = net.holds('conversationsOlder')
    await openMessages(tail)
    expect(log()).toContain('正在读取更早的消息')
    await useThreads().older()
    await useThreads().older()
    expect(net.asked('conversationsOlder')).toHaveLength(1)
    answer({ items: [message(50)], next: null })
    await settled()
    expect(seqs()).toEqual([50, 51, 52])
  })

  it('that cannot be read leave a word and a way to try again', async () => {
    net.breaks('conversationsOlder')
    await openMessages(tail)
    await settled()
    expect(screen.getByRole('alert').textContent).toContain('连不上服务器')
    net.answers('conversationsOlder', { items: [message(50)], next: null })
    screen.getByText('重试').click()
    await settled()
    expect(screen.queryByRole('alert')).toBeNull()
    expect(seqs()).toEqual([50, 51, 52])
  })

  it('asked before a resync do not tear a hole into what was read after it', async () => {
    const answer = net.holds('conversationsOlder')
    await openMessages(tail)
    net.answers('conversationsGet', snapshot([message(900)]))
    net.tell({ type: 'resync', conversation_id: 'c1' })
    await soon(() => expect(seqs()).toEqual([900]))
    answer({ items: [message(49), message(50)], next: null })
    await settled()
    expect(seqs()).toEqual([900])
    expect(useThreads().watched?.thread?.hasOlder).toBe(true)
  })

  it('of a conversation that has been left go to that conversation', async () => {
    const answer = net.holds('conversationsOlder')
    await openMessages(tail)
    net.answers('conversationsGet', snapshot([message(1)], { head: head({ id: 'c2' }) }))
    await useThreads().watch('c2')
    answer({ items: [message(50)], next: null })
    await settled()
    expect(seqs()).toEqual([1])
    await useThreads().watch('c1')
    expect(seqs()).toEqual([50, 51, 52])
  })
})

describe('how far the agent has come', () => {
  it('is told when she has the newest before her eyes, and with every new message', async () => {
    await openMessages([message(1), message(2)])
    expect(marks()).toEqual([[2, 2]])
    net.tell(changed(2, 3, { messages: [message(3)] }))
    await settled()
    expect(marks()).toEqual([[2, 2], [3, 3]])
  })

  it('is only received while she looks elsewhere, and read when she comes back', async () => {
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
    await openMessages([message(1), message(2)])
    expect(marks()).toEqual([[2, 0]])
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('visible')
    document.dispatchEvent(new Event('visibilitychange'))
    await settled()
    expect(marks()).toEqual([[2, 0], [2, 2]])
  })

  it('is only received while another window has the focus', async () => {
    await openMessages([message(1)])
    window.dispatchEvent(new Event('blur'))
    await settled()
    net.tell(changed(1, 2, { messages: [message(2)] }))
    await settled()
    expect(marks().at(-1)).toEqual([2, 0])
    window.dispatchEvent(new Event('focus'))
    await settled()
    expect(marks().at(-1)).toEqual([2, 2])
  })

  it('is told again on a new line, because the word may have been lost', async () => {
    await openMessages([message(1)])
    await broken()
    expect(marks()).toEqual([[1, 1]])
  })

  it('draws the unread line where she had stopped, and leaves it there while she reads on', async () => {
    const read = [mark({ party: 'agent', party_id: ME, read_seq: 1 })]
    await openMessages([message(1), message(2, { author: me }), message(3)], { snapshot: { marks: read } })
    expect(log().indexOf('以下是未读消息')).toBeGreaterThan(log().indexOf('m2'))
    expect(log().indexOf('以下是未读消息')).toBeLessThan(log().indexOf('m3'))
    net.tell(changed(3, 4, { marks: [mark({ party: 'agent', party_id: ME, read_seq: 3, rev: 4 })] }))
    net.tell(changed(4, 5, { messages: [message(4, { rev: 5 })] }))
    await settled()
    expect(log().match(/以下是未读消息/g)).toHaveLength(1)
    expect(log().indexOf('以下是未读消息')).toBeLessThan(log().indexOf('m3'))
  })
})

describe('one conversation after another', () => {
  beforeEach(() => {
    net.answers('conversationsGet', ({ path }) => snapshot([message(1)], { head: head({ id: path.conversation_id }) }))
  })

  it('leaves the one before, and goes on where it was when it is opened again', async () => {
    await openMessages([])
    await useThreads().watch('c2')
    net.tell({ ...changed(1, 2, { messages: [message(2)] }), conversation_id: 'c2' })
    await useThreads().watch('c1')
    await useThreads().watch('c2')
    const said = net.said.filter((frame) => frame.type === 'watch' || frame.type === 'unwatch')
    expect(said.map((frame) => [frame.type, frame.conversation_id, 'rev' in frame ? frame.rev : null])).toEqual([
      ['watch', 'c1', 1], ['unwatch', 'c1', null], ['watch', 'c2', 1], ['unwatch', 'c2', null], ['watch', 'c1', 1],
      ['unwatch', 'c1', null], ['watch', 'c2', 2],
    ])
    expect(net.asked('conversationsGet').map((one) => one.path.conversation_id)).toEqual(['c1', 'c2'])
    expect(seqs()).toEqual([1, 2])
  })

  it('asks nothing twice for the one that is open', async () => {
    await openMessages([])
    await useThreads().watch('c1')
    expect(net.saidOf('watch')).toHaveLength(1)
  })

  it('keeps the last twelve and reads an earlier one afresh', async () => {
    await openMessages([])
    for (let at = 2; at <= 14; at += 1) await useThreads().watch(`c${at}`)
    await useThreads().watch('c3')
    await useThreads().watch('c1')
    expect(net.asked('conversationsGet').map((one) => one.path.conversation_id).slice(14)).toEqual(['c1'])
  })

  it('does not follow one whose answer comes after it was left', async () => {
    const answer = net.holds('conversationsGet')
    const threads = useThreads()
    await place(() => null)
    const opening = threads.watch('c7')
    threads.leave()
    answer(snapshot([message(1)], { head: head({ id: 'c7' }) }))
    await opening
    expect(net.saidOf('watch')).toEqual([])
  })
})

describe('a line that breaks', () => {
  it('goes on with lists, thread and outbox, from where each stood', async () => {
    await openMessages([message(1)])
    net.tell({ type: 'listed', rev: 1, changes: [] })
    net.tell(changed(1, 2, { messages: [message(2)] }))
    useOutbox().say('c1', 'text', '在吗')
    await broken()
    expect(net.said.filter((frame) => frame.type !== 'mark')).toMatchObject([
      { type: 'lists', epoch: 'e1', rev: 1 },
      { type: 'watch', conversation_id: 'c1', rev: 2 },
      { type: 'send', body: '在吗' },
    ])
  })

  it('reads a conversation again whose answer was lost on the way', async () => {
    net.breaks('conversationsGet')
    await openMessages([])
    expect(useThreads().watched?.state).toBe('failed')
    net.answers('conversationsGet', snapshot([message(1)]))
    await broken()
    await soon(() => expect(log()).toContain('m1'))
  })

  it('keeps what is shown where the reading after a resync fails', async () => {
    await openMessages([message(1)])
    net.breaks('conversationsGet')
    net.tell({ type: 'resync', conversation_id: 'c1' })
    await settled()
    expect(log()).toContain('m1')
  })

  it('takes an older snapshot for what it is when frames were quicker', async () => {
    const answer = net.holds('conversationsGet')
    await openMessages([])
    answer(snapshot([message(1)]))
    await settled()
    const late = net.holds('conversationsGet')
    net.tell({ type: 'resync', conversation_id: 'c1' })
    net.tell(changed(1, 5, { messages: [message(2)] }))
    late(snapshot([message(1)]))
    await settled()
    expect(seqs()).toEqual([1, 2])
    expect(net.saidOf('watch').at(-1)?.rev).toBe(5)
  })
})

describe('the lists', () => {
  const listed = (rev: number, id: string, more = {}): void =>
    net.tell({ type: 'listed', rev, changes: [{ conversation_id: id, rev: rev + 1, head: head({ id, rev: rev + 1, ...more }) }] })

  it('ask what has been read of an old conversation that comes into sight, and not of a new one', async () => {
    net.answers('conversationsGetRow', row('c8', { inbound_count: 8, rev: 2 }, 6))
    await place(() => null)
    listed(1, 'c8', { inbound_count: 8 })
    listed(2, 'c9', { inbound_count: 1 })
    await settled()
    expect(net.asked('conversationsGetRow').map((one) => one.path.conversation_id)).toEqual(['c8'])
    expect(useLists().unreadTotal).toBe(2 + 1)
  })

  it('count nothing as unread twice that could not be asked about', async () => {
    net.breaks('conversationsGetRow')
    await place(() => null)
    listed(1, 'c8', { inbound_count: 8 })
    await settled()
    expect(useLists().unreadTotal).toBe(0)
    expect(ids()).toEqual(['c8'])
  })

  it('ask the server for its counts once for many changes', async () => {
    await place(() => null)
    const before = net.asked('conversationsCount').length
    vi.useFakeTimers()
    for (let rev = 1; rev <= 20; rev += 1) listed(rev, 'c1', { inbound_count: 1 })
    await vi.advanceTimersByTimeAsync(1600)
    expect(net.asked('conversationsCount')).toHaveLength(before + 1)
  })

  it('keep what was read before where reading afresh fails, rather than showing nothing', async () => {
    net.answers('conversationsList', { items: [row('c1'), row('c2')] })
    await place(() => null)
    await useLists().load('mine')
    net.breaks('conversationsList')
    net.tell({ type: 'lists', epoch: 'e2', rev: 0, resync: true })
    await settled()
    expect(ids()).toEqual(['c2', 'c1'])
  })

  it('keep what came by frame while they were read afresh', async () => {
    net.answers('conversationsList', { items: [row('c1'), row('c2')] })
    await place(() => null)
    await useLists().load('mine')
    const answer = net.holds('conversationsList')
    net.tell({ type: 'lists', epoch: 'e2', rev: 0, resync: true })
    await settled()
    listed(1, 'c5', { inbound_count: 1 })
    listed(2, 'c2', { inbound_count: 1 })
    answer({ items: [] })
    await settled()
    expect(ids().sort()).toEqual(['c2', 'c5'])
  })

  it('go on below what is loaded, page by page, without showing what is not complete', async () => {
    net.answers('conversationsList', ({ query }) => (query.after ? { items: [row('c1')], next: null } : { items: [row('c5'), row('c4')], next: 'n1' }))
    await place(() => null)
    await useLists().load('mine')
    listed(1, 'c2', { inbound_count: 1, active_at: '2026-11-22T08:00:02.000Z' })
    expect(ids()).toEqual(['c5', 'c4'])
    await useLists().more('mine')
    expect(ids()).toEqual(['c5', 'c4', 'c2', 'c1'])
    await useLists().more('mine')
    expect(net.asked('conversationsList').map((one) => one.query.after)).toEqual([undefined, 'n1'])
  })

  it('belong to the one who is signed in: with her they leave, and threads and outbox too', async () => {
    net.answers('conversationsList', { items: [row('c1')] })
    await openMessages([message(1)])
    await useLists().load('mine')
    net.sockets.at(-1)!.end(1006)
    useOutbox().say('c1', 'text', '早')
    leaveDesk(false)
    await settled()
    expect([ids(), useThreads().watched, useOutbox().box, useLists().unreadTotal]).toEqual([[], null, [], 0])
    expect(line.state.value).toBe('over')
    await soon(() => expect(router.currentRoute.value.name).toBe('sign-in'))
  })
})

it('makes one message of an own one that arrives before its acknowledgement, by any way', async () => {
  await openMessages([message(1)])
  useOutbox().say('c1', 'text', '早')
  const { client_id } = net.saidOf('send')[0]!
  const stored: Message = message(2, { author: me, client_id, body: '早' })
  net.tell(changed(1, 2, { messages: [stored] }))
  net.tell({ type: 'ack', client_id, conversation_id: 'c1', seq: 2, repeated: true })
  net.tell(changed(1, 2, { messages: [stored] }))
  await settled()
  expect(log().match(/早/g)).toHaveLength(1)
  expect(useOutbox().box).toEqual([])
})
