import type { Listed } from '@kezhan/api'
import { expect, it } from 'vitest'
import { belongs, follow, isDue, placeIn, pressing, shown, takeListed, takePage, takeRead, takeRow, unread, type Rows } from '../lists'
import { head, ME } from './fixtures'

const row = (id: string, active: number, more = {}): { head: ReturnType<typeof head>; read_inbound: number } => ({
  head: head({ id, active_at: `2026-11-22T08:00:0${active}.000Z`, ...more }),
  read_inbound: 0,
})
const rowsOf = (...rows: ReturnType<typeof row>[]): Rows => new Map(rows.map((one) => [one.head.id, one]))
const listed = (...changes: Listed['changes']): Listed => ({ type: 'listed', rev: 1, changes })
const ids = (found: { head: { id: string } }[]): string[] => found.map((one) => one.head.id)

it('puts each conversation into the lists of its state, and nobody else’s into mine', () => {
  expect(belongs('mine', head(), ME)).toBe(true)
  expect(belongs('mine', head(), 'else')).toBe(false)
  expect(belongs('unassigned', head({ state: 'queued' }), ME)).toBe(true)
  expect(belongs('all', head({ state: 'closed' }), ME)).toBe(false)
  expect(belongs('closed', head({ state: 'closed' }), ME)).toBe(true)
  expect(belongs('all', head({ state: 'unknown' }), ME)).toBe(false)
  for (const name of ['mine', 'unassigned', 'all', 'closed'] as const) expect(belongs(name, head({ state: name === 'closed' ? 'closed' : 'queued', spam: true }), ME)).toBe(false)
  expect(belongs('spam', head({ state: 'queued', spam: true }), ME)).toBe(true)
})

it('orders by activity and hides what lies below the loaded pages', () => {
  const rows = rowsOf(row('a', 1), row('b', 3), row('c', 2))
  expect(ids(shown(rows, 'all', ME, null))).toEqual(['b', 'c', 'a'])
  expect(ids(shown(rows, 'all', ME, placeIn('all', rows.get('c')!.head)))).toEqual(['b', 'c'])
})

it('puts what is parked apart, and in the order in which it wakes', () => {
  const parked_at = '2026-11-22T08:00:00.000Z'
  const later = { parked_at, wake_at: '2026-11-24T01:00:00.000Z' }
  const rows = rowsOf(row('a', 1, { parked_at }), row('b', 2, later), row('c', 3, { parked_at, wake_at: '2026-11-23T01:00:00.000Z' }), row('d', 4))
  expect(ids(shown(rows, 'parked', ME, null))).toEqual(['c', 'b', 'a'])
  expect(ids(shown(rows, 'parked', ME, placeIn('parked', rows.get('b')!.head)))).toEqual(['c', 'b'])
  expect(ids(shown(rows, 'mine', ME, null))).toEqual(['d'])
  expect(belongs('parked', head(later), 'else')).toBe(false)
})

it('marks what has come back in time until something is said', () => {
  expect(isDue(head({ woken_seq: 5 }))).toBe(true)
  expect(isDue(head({ woken_seq: 5, preview: { seq: 6, kind: 'text', author: 'agent', text: '好的' } }))).toBe(false)
  expect(isDue(head({ woken_seq: 5, state: 'closed' }))).toBe(false)
  expect(isDue(head())).toBe(false)
})

it('moves a conversation up when it lives, and out when it is closed or taken by another', () => {
  const rows = rowsOf(row('a', 1), row('b', 2))
  takeListed(rows, listed({ conversation_id: 'a', rev: 5, head: head({ id: 'a', rev: 5, active_at: '2026-11-22T09:00:00.000Z' }) }))
  expect(ids(shown(rows, 'mine', ME, null))).toEqual(['a', 'b'])
  takeListed(rows, listed({ conversation_id: 'a', rev: 6, head: head({ id: 'a', rev: 6, assignee_id: 'else' }) }))
  expect(ids(shown(rows, 'mine', ME, null))).toEqual(['b'])
})

it('forgets what the reader may no longer see', () => {
  const rows = rowsOf(row('a', 1))
  takeListed(rows, listed({ conversation_id: 'a', rev: 2, gone: true }))
  expect(rows.size).toBe(0)
})

it('takes the same change twice as once, and an older one not at all', () => {
  const rows = rowsOf(row('a', 1, { rev: 5, last_seq: 9 }))
  const late = listed({ conversation_id: 'a', rev: 3, head: head({ id: 'a', rev: 3, last_seq: 2 }) })
  expect(takeListed(rows, late)).toEqual([])
  expect(rows.get('a')?.head.last_seq).toBe(9)
  const next = listed({ conversation_id: 'a', rev: 6, head: head({ id: 'a', rev: 6, last_seq: 10 }) })
  takeListed(rows, next)
  takeListed(rows, next)
  expect(rows.get('a')?.head.last_seq).toBe(10)
})

it('keeps a frame’s head where a page read earlier comes later', () => {
  const rows = rowsOf(row('a', 1, { rev: 7 }))
  takePage(rows, [row('a', 1, { rev: 4 })])
  expect(rows.get('a')?.head.rev).toBe(7)
})

it('counts a new conversation as unread at once, and asks about an old one first', () => {
  const rows: Rows = new Map()
  const unknown = takeListed(rows, {
    ...listed(
      { conversation_id: 'new', rev: 1, head: head({ id: 'new', inbound_count: 1 }) },
      { conversation_id: 'old', rev: 9, head: head({ id: 'old', rev: 9, inbound_count: 8 }) },
    ),
  })
  expect(unknown).toEqual(['new', 'old'])
  expect(unread(rows.get('new')!)).toBe(1)
  expect(unread(rows.get('old')!)).toBe(0)
  takeRow(rows, { head: head({ id: 'old', rev: 9, inbound_count: 8 }), read_inbound: 6 })
  expect(unread(rows.get('old')!)).toBe(2)
})

it('reads on another device once, and never backwards', () => {
  const rows = rowsOf(row('a', 1, { inbound_count: 4 }))
  expect(takeRead(rows, 'a', 3)).toBe(true)
  expect(takeRead(rows, 'a', 2)).toBe(false)
  expect(unread(rows.get('a')!)).toBe(1)
  expect(takeRead(rows, 'nobody', 1)).toBe(false)
})

it('finds the hole in the numbers', () => {
  const at = { epoch: 'e', rev: 4 }
  expect(follow(at, 5)).toBe('next')
  expect(follow(at, 4)).toBe('old')
  expect(follow(at, 7)).toBe('hole')
  expect(follow({ epoch: '', rev: 0 }, 57)).toBe('next')
})

it('presses with the wait', () => {
  const at = Date.parse('2026-11-22T08:00:00.000Z')
  const since = '2026-11-22T08:00:00.000Z'
  expect([30, 90, 180].map((s) => pressing(since, at + s * 1000))).toEqual(['calm', 'waiting', 'late'])
})
