import { expect, it } from 'vitest'
import { Thread } from './thread.ts'
import type { Changed, Message, Snapshot } from './types.ts'

const message = (seq: number, rev: number, body = `m${seq}`): Message => ({
  seq, rev, body, kind: 'text', author: { kind: 'agent' }, at: '2026-11-22T08:00:00.000Z',
})
const changed = (from_rev: number, rev: number, ...messages: Message[]): Changed => ({
  conversation_id: 'c', from_rev, rev, messages,
})
const snapshot = (rev: number, ...messages: Message[]): Snapshot => ({
  head: { id: 'c', state: 'queued', agent: null, opened_at: '', closed_at: null }, rev, messages, marks: [],
})
const bodies = (thread: Thread) => thread.messages.map(({ body }) => body)

it('applies what follows and sorts by seq', () => {
  const thread = new Thread('c')
  expect(thread.apply(changed(0, 2, message(2, 2), message(1, 1)))).toBe(true)
  expect(thread.apply(changed(2, 3, message(3, 3)))).toBe(true)
  expect(bodies(thread)).toEqual(['m1', 'm2', 'm3'])
  expect(thread.rev).toBe(3)
})

it('refuses what begins beyond its number and stays as it was', () => {
  const thread = new Thread('c')
  thread.load(snapshot(4, message(1, 1)))
  expect(thread.apply(changed(5, 6, message(3, 6)))).toBe(false)
  expect(bodies(thread)).toEqual(['m1'])
  expect(thread.rev).toBe(4)
})

it('ignores what it has already, and the same change twice', () => {
  const thread = new Thread('c')
  thread.load(snapshot(4, message(1, 4, 'edited')))
  expect(thread.apply(changed(0, 3, message(1, 1, 'first')))).toBe(true)
  expect(bodies(thread)).toEqual(['edited'])
  thread.apply(changed(4, 5, message(2, 5)))
  thread.apply(changed(4, 5, message(2, 5, 'again')))
  expect(bodies(thread)).toEqual(['edited', 'm2'])
})

it('takes the newer of two where changes overlap', () => {
  const thread = new Thread('c')
  thread.apply(changed(0, 3, message(1, 3, 'new')))
  expect(thread.apply(changed(1, 4, message(1, 2, 'old'), message(2, 4)))).toBe(true)
  expect(bodies(thread)).toEqual(['new', 'm2'])
  expect(thread.rev).toBe(4)
})

it('forgets everything for a fresh snapshot, even an older one', () => {
  const thread = new Thread('c')
  thread.apply(changed(0, 900, message(1, 1), message(2, 2)))
  thread.load(snapshot(7, message(5, 5), message(7, 7)))
  expect(bodies(thread)).toEqual(['m5', 'm7'])
  expect([thread.rev, thread.more]).toEqual([7, true])
})

it('keeps what it holds when an earlier page brings an older wording', () => {
  const thread = new Thread('c')
  thread.load(snapshot(9, message(3, 9, 'recalled')))
  thread.prepend([message(1, 1), message(3, 3, 'stale')], false)
  expect(bodies(thread)).toEqual(['m1', 'recalled'])
  expect(thread.more).toBe(false)
})

it('keeps the newest mark of each party and the newest head', () => {
  const thread = new Thread('c')
  const mark = (rev: number, read_seq: number) =>
    ({ party: 'agent', party_id: 'a', delivered_seq: read_seq, read_seq, rev }) as const
  thread.apply({ ...changed(0, 2), marks: [mark(2, 5)] })
  thread.apply({ ...changed(1, 3), marks: [mark(1, 1)], head: { ...snapshot(0).head, state: 'closed' } })
  expect(thread.marks).toEqual([mark(2, 5)])
  expect(thread.head?.state).toBe('closed')
})
