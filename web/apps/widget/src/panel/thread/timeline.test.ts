import { memoryStore, type Message, Outbox, Thread } from '@kezhan/client'
import { expect, it } from 'vitest'
import { type Line, rows } from './timeline'

const at = (minutes: number): string => new Date(Date.UTC(2026, 10, 22, 4, minutes)).toISOString()

function thread(...messages: Partial<Message>[]): Thread {
  const made = new Thread('c')
  const whole = messages.map((message, n): Message => ({
    seq: n + 1, rev: n + 1, kind: 'text', body: `m${n}`, author: { kind: 'agent', id: 'a', name: '小满' }, at: at(n), ...message,
  }))
  made.apply({ conversation_id: 'c', from_rev: 0, rev: whole.length, messages: whole })
  return made
}

const kinds = (...from: Parameters<typeof rows>): string => rows(...from).map(({ kind }) => kind).join(' ')
const lines = (...from: Parameters<typeof rows>): Line[] => rows(...from).filter((row): row is Line => row.kind === 'message')

it('groups one speaker within two minutes', () => {
  const found = lines([thread({}, {}, { at: at(9) }, { author: { kind: 'visitor' }, at: at(9) })], [], null)
  expect(found.map(({ first, last }) => [first, last])).toEqual([[true, false], [false, true], [true, true], [true, true]])
})

it('draws one day line per day and one unread line before the first unread message of an agent', () => {
  const days = thread({ at: '2026-11-20T04:00:00Z' }, { author: { kind: 'visitor' } }, {}, {})
  expect(kinds([days], [], { thread: 'c', seq: 2 })).toBe('day message day message unread message message')
  expect(kinds([days], [], { thread: 'other', seq: 0 })).not.toContain('unread')
})

it('tells a customer of what concerns her and of nothing else', () => {
  const event = (name: string): Partial<Message> => ({ kind: 'event', payload: { is: 'event', event: name } })
  expect(kinds([thread(event('opened'), event('taken'), event('something new'), event('closed'))], [], null)).toBe('day event event')
})

it('shows what is on its way after everything stored, under the name it will keep', () => {
  const outbox = new Outbox(memoryStore())
  outbox.add('mine', { body: 'x' })
  const pending = lines([thread({})], outbox.entries, null)[1]!
  const stored = lines([thread({}, { client_id: 'mine', author: { kind: 'visitor' } })], [], null)[1]!
  expect([pending.key, pending.state]).toEqual(['mine', 'sending'])
  expect([stored.key, stored.state]).toEqual(['mine', 'sent'])
})

it('raises the state of her messages with the marks of any agent', () => {
  const one = thread({ author: { kind: 'visitor' } }, { author: { kind: 'visitor' } })
  const mark = { party: 'agent', party_id: 'a', delivered_seq: 2, read_seq: 1, rev: 3 } as const
  one.apply({ conversation_id: 'c', from_rev: 2, rev: 3, marks: [mark] })
  expect(lines([one], [], null).map(({ state }) => state)).toEqual(['read', 'delivered'])
})
