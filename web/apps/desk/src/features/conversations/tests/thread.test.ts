import { expect, it } from 'vitest'
import { customerMarks, fromSnapshot, merge, ownMark, withOlder } from '../thread'
import { changed, head, mark, ME, message, snapshot } from './fixtures'

const seqs = (thread: { messages: readonly { seq: number }[] }): number[] => thread.messages.map((one) => one.seq)
const start = fromSnapshot(snapshot([message(1), message(2), message(3)]))

it('applies the next change and moves its number', () => {
  const { outcome, thread } = merge(start, changed(3, 4, { messages: [message(4)] }))
  expect(outcome).toBe('applied')
  expect(thread.rev).toBe(4)
  expect(seqs(thread)).toEqual([1, 2, 3, 4])
})

it('leaves everything as it is at a gap, so that the missing part can be asked for', () => {
  const { outcome, thread } = merge(start, changed(5, 6, { messages: [message(6)] }))
  expect(outcome).toBe('gap')
  expect(thread).toBe(start)
})

it('applies an overlapping frame without doubling anything', () => {
  const { thread } = merge(start, changed(1, 5, { messages: [message(2), message(3), message(4), message(5)] }))
  expect(seqs(thread)).toEqual([1, 2, 3, 4, 5])
})

it('takes the same frame twice as once', () => {
  const frame = changed(3, 4, { messages: [message(4)] })
  const once = merge(start, frame).thread
  expect(merge(once, frame)).toEqual({ outcome: 'old', thread: once })
})

it('keeps the newer wording where an older copy comes late', () => {
  const edited = merge(start, changed(3, 9, { messages: [message(2, { rev: 9, body: 'new' })] })).thread
  const late = merge({ ...edited, rev: 3 }, changed(3, 8, { messages: [message(2, { rev: 2, body: 'old' })] })).thread
  expect(late.messages[1]?.body).toBe('new')
})

it('does not tear a hole where a message above the loaded pages changes', () => {
  const tail = fromSnapshot(snapshot([message(51), message(52)]))
  const { thread } = merge(tail, changed(52, 53, { messages: [message(3, { rev: 53 })] }))
  expect(seqs(thread)).toEqual([51, 52])
  expect(thread.rev).toBe(53)
})

it('puts an older page in front, twice the same', () => {
  const tail = fromSnapshot(snapshot([message(3), message(4)]))
  expect(tail.hasOlder).toBe(true)
  const whole = withOlder(tail, [message(1), message(2)], false)
  expect(seqs(whole)).toEqual([1, 2, 3, 4])
  expect(whole.hasOlder).toBe(false)
  expect(seqs(withOlder(whole, [message(1), message(2)], false))).toEqual([1, 2, 3, 4])
})

it('keeps a change that came while the older page was under way', () => {
  const tail = fromSnapshot(snapshot([message(3, { rev: 9, body: 'edited' })]))
  expect(withOlder(tail, [message(2), message(3)], false).messages[1]?.body).toBe('edited')
})

it('starts afresh from a snapshot after a resync', () => {
  const fresh = fromSnapshot(snapshot([message(900), message(901)]))
  expect(seqs(fresh)).toEqual([900, 901])
  expect(merge(fresh, changed(901, 902, { messages: [message(902)] })).outcome).toBe('applied')
})

it('takes a head only forward', () => {
  const newer = merge(start, changed(3, 4, { head: head({ rev: 4, state: 'closed' }) })).thread
  const older = merge(newer, changed(4, 5, { head: head({ rev: 2 }) })).thread
  expect(older.head.state).toBe('closed')
})

it('moves marks by party, and tells how far the customer has come', () => {
  const one = merge(start, changed(3, 5, { marks: [mark({ delivered_seq: 3, read_seq: 1, rev: 5 })] })).thread
  const two = merge(one, changed(5, 6, { marks: [mark({ party: 'agent', party_id: ME, read_seq: 3, rev: 6 })] })).thread
  const late = merge({ ...two, rev: 4 }, changed(4, 5, { marks: [mark({ delivered_seq: 2, rev: 4 })] })).thread
  expect(customerMarks(late.marks)).toEqual({ delivered: 3, read: 1 })
  expect(ownMark(late.marks, ME)?.read_seq).toBe(3)
})
