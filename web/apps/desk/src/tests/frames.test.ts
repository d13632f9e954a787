import { eventTypes, type EventOf, type EventType, type WorkspaceEvent } from '@kezhan/api'
import { beforeEach, describe, expect, it } from 'vitest'
import recorded from '../../../../packages/api/fixtures/frames.json'
import { useLists, useOutbox, useThreads } from '../features/conversations'
import { linesOf, timeline } from '../features/conversations/timeline'
import { head, message, snapshot } from '../features/conversations/tests/fixtures'
import { dispatch } from '../live'
import { net, place, settled, soon } from './stage'

// The frames were said by a real server (tests/test_fixtures.py records them); here they come in by the socket.
const frames = Object.entries(recorded as unknown as Record<string, WorkspaceEvent>).filter(([name]) => name.startsWith('workspace: '))

function frame<T extends EventType>(type: T, words: string): EventOf<T> {
  const found = frames.find(([name]) => name === `workspace: ${type}, ${words}`)
  return (found ?? expect.fail(`no frame is called ${type}, ${words}`))[1] as EventOf<T>
}

const changes = frames.filter(([, one]) => one.type === 'changed') as [string, EventOf<'changed'>][]
const id = frame('resync', 'too much').conversation_id
const nobody = (): null => null

beforeEach(async () => {
  await place(nobody)
  net.said.length = 0
})

async function follow(rev: number, messages = [message(1)]): Promise<void> {
  net.answers('conversationsGet', snapshot(messages, { rev, head: head({ id, rev }) }))
  await useThreads().watch(id)
  net.said.length = 0
}

it('has an example of every frame that the contract knows, and of no other', () => {
  expect([...new Set(frames.map(([, one]) => one.type))].sort()).toEqual([...eventTypes])
})

it.each(frames)('%s is taken without a word, whatever is open, and twice', async (_, one) => {
  net.answers('conversationsGet', snapshot([message(1)], { head: head({ id }) }))
  expect(() => [one, one].forEach((again) => dispatch(again))).not.toThrow()
  await settled()
})

describe('a thread takes', () => {
  it.each(changes)('%s, and stands where the server stands', async (_, one) => {
    await follow(one.from_rev)
    net.tell(one)
    expect(useThreads().watched?.thread?.rev).toBe(one.rev)
    expect(net.said).toEqual([])
    const held = useThreads().watched!.thread!
    for (const told of one.messages ?? []) expect(held.messages).toContainEqual(told)
    for (const told of one.marks ?? []) expect(held.marks).toContainEqual(told)
    if (one.head) expect(held.head).toEqual(one.head)
    const drawn = timeline(linesOf(held.messages, [], { kind: 'agent' }), null)
    expect(drawn.filter((item) => item.type === 'line' || item.type === 'event')).toHaveLength(held.messages.length)
  })

  it.each(changes)('%s not at all where something before it is missing, and asks', async (_, one) => {
    await follow(one.from_rev - 1)
    net.tell(one)
    expect(useThreads().watched?.thread?.rev).toBe(one.from_rev - 1)
    expect(net.said).toEqual([{ type: 'watch', conversation_id: id, rev: one.from_rev - 1 }])
  })

  it('each kind of message as what it is', () => {
    const only = (words: string): unknown => frame('changed', words).messages?.[0]
    expect(only('a text')).toMatchObject({ kind: 'text', author: { kind: 'visitor' } })
    expect(only('a note')).toMatchObject({ kind: 'note', author: { kind: 'agent' } })
    expect(only('a picture')).toMatchObject({ kind: 'image', payload: { is: 'file', thumbnail: true, width: 640 } })
    expect(only('an event')).toMatchObject({ kind: 'event', payload: { is: 'event', event: 'taken' } })
    expect(only('recalled')).not.toHaveProperty('body')
  })

  it('a resync as the need to read everything again', async () => {
    await follow(3)
    net.answers('conversationsGet', snapshot([message(9)], { rev: 90, head: head({ id, rev: 90 }) }))
    net.tell(frame('resync', 'too much'))
    await soon(() => expect(useThreads().watched?.thread?.rev).toBe(90))
    expect(net.said).toEqual([{ type: 'watch', conversation_id: id, rev: 90 }])
  })
})

describe('the lists take', () => {
  const fresh = { ...frame('listed', 'a new one'), rev: 1 }

  it('a new conversation as unread and waiting, then forget it when it is out of sight', () => {
    dispatch(fresh)
    const [row] = useLists().rowsOf('unassigned')
    expect(row).toMatchObject({ read_inbound: 0, head: { id, inbound_count: 1, preview: { text: '你好，龙井有货吗？' } } })
    expect(row!.head.waiting_since).not.toBeNull()
    dispatch({ ...frame('listed', 'out of sight'), rev: 2 })
    expect(useLists().rows.size).toBe(0)
  })

  it('what was read on another device as read here', () => {
    dispatch({ ...fresh, changes: [{ ...fresh.changes[0]!, head: { ...fresh.changes[0]!.head!, inbound_count: 1 } }] })
    dispatch(frame('read', 'on another device'))
    expect(useLists().rows.get(id)?.read_inbound).toBe(frame('read', 'on another device').read_inbound)
  })

  it('the wish to read afresh, once per list that is shown', async () => {
    await useLists().load('mine')
    net.tell(frame('lists', 'after too long'))
    await soon(() => expect(net.asked('conversationsList')).toHaveLength(2))
    net.tell(frame('lists', 'at first'))
    await settled()
    expect(net.asked('conversationsList')).toHaveLength(frame('lists', 'at first').resync ? 3 : 2)
  })
})

it('shows who types, with the words, until they stop', () => {
  net.tell(frame('typing', 'with its words'))
  expect(useThreads().typing.get(id)?.body).toBe('有没有')
  net.tell(frame('typing', 'stopped'))
  expect(useThreads().typing.has(id)).toBe(false)
})

it('knows of customers and colleagues who come', () => {
  const [customer, colleague] = [frame('presence', "the customer's"), frame('presence', "a colleague's")]
  net.tell(customer)
  net.tell(colleague)
  expect([...useThreads().online.keys()].sort()).toEqual([`agent:${colleague.id}`, `visitor:${customer.id}`])
})

it('settles what was sent, changed and refused by its name', async () => {
  const outbox = useOutbox()
  outbox.say(id, 'text', 'one')
  outbox.say(id, 'text', 'two')
  const [one, two] = net.saidOf('send').map((sent) => sent.client_id)
  net.tell({ ...frame('ack', 'stored'), client_id: one! })
  net.tell({ ...frame('refused', 'no such message'), ref: two! })
  expect(outbox.of(id)).toMatchObject([{ client_id: two, state: 'failed', reason: frame('refused', 'no such message').title }])
  const edited = outbox.edit(id, 1, 'x')
  net.tell({ ...frame('done', 'an edit'), ref: net.saidOf('edit')[0]!.ref })
  await expect(edited).resolves.toBeUndefined()
})
