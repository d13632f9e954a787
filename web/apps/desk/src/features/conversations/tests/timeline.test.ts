import { expect, it } from 'vitest'
import { changeable, linesOf, tickOf, timeline } from '../timeline'
import { ME, message, pending } from './fixtures'

const me = { kind: 'agent' as const, id: ME, name: '小林' }
const shape = (readUpTo: number | null, ...messages: ReturnType<typeof message>[]): string[] =>
  timeline(linesOf(messages, [], me), readUpTo).map((item) =>
    item.type === 'line' ? `${item.line.message.seq}${item.first ? 'F' : ''}${item.last ? 'L' : ''}` : item.type,
  )

it('groups one speaker within two minutes, not across speakers, notes or pauses', () => {
  const late = message(3, { at: '2026-11-22T08:05:00.000Z' })
  const own = message(4, { author: me, at: '2026-11-22T08:05:10.000Z' })
  const note = message(5, { author: me, kind: 'note', at: '2026-11-22T08:05:20.000Z' })
  expect(shape(null, message(1), message(2), late, own, note)).toEqual(['day', '1F', '2L', '3FL', '4FL', '5FL'])
})

it('separates days', () => {
  const next = message(2, { at: '2026-11-25T08:00:00.000Z' })
  expect(shape(null, message(1), next)).toEqual(['day', '1FL', 'day', '2FL'])
})

it('draws the unread line once, before the customer’s first unread message', () => {
  const own = message(2, { author: me })
  expect(shape(1, message(1), own, message(3), message(4))).toEqual(['day', '1FL', '2FL', 'unread', '3F', '4L'])
  expect(shape(2, message(1), message(2), message(3))).toEqual(['day', '1F', '2L', 'unread', '3FL'])
  expect(shape(9, message(1))).toEqual(['day', '1FL'])
})

it('shows events apart and never inside a group', () => {
  const event = message(2, { kind: 'event', author: { kind: 'system' } })
  expect(shape(null, message(1), event, message(3))).toEqual(['day', '1FL', 'event', '3FL'])
})

it('keeps the key of a message from pending to stored, so that nothing flickers', () => {
  const before = linesOf([message(1)], [pending('abc')], me)
  const after = linesOf([message(1), message(2, { client_id: 'abc', author: me })], [], me)
  expect(before[1]?.key).toBe(after[1]?.key)
})

it('ticks from sending to read', () => {
  const [stored] = linesOf([message(5, { author: me })], [], me)
  const [waiting, failed] = linesOf([], [pending('a'), pending('b', { state: 'failed' })], me)
  expect(tickOf(waiting!, { delivered: 9, read: 9 })).toBe('sending')
  expect(tickOf(failed!, { delivered: 9, read: 9 })).toBe('failed')
  expect(tickOf(stored!, { delivered: 4, read: 4 })).toBe('sent')
  expect(tickOf(stored!, { delivered: 5, read: 4 })).toBe('delivered')
  expect(tickOf(stored!, { delivered: 5, read: 5 })).toBe('read')
})

it('lets only the author change a message, and only for ten minutes', () => {
  const own = message(1, { author: me })
  const at = Date.parse(own.at)
  expect(changeable(own, ME, at + 9 * 60_000)).toBe(true)
  expect(changeable(own, ME, at + 11 * 60_000)).toBe(false)
  expect(changeable(own, 'somebody else', at)).toBe(false)
  expect(changeable({ ...own, recalled_at: own.at }, ME, at)).toBe(false)
})
