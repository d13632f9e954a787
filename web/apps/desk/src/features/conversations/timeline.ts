import type { Author, Message } from '@kezhan/api'
import type { Pending } from './outbox'

/** A message or one on its way, as the thread shows it. */
export interface Line {
  key: string
  message: Message
  pending: Pending | null
}

export type Item =
  | { type: 'day'; key: string; at: Date }
  | { type: 'unread'; key: string }
  | { type: 'event'; key: string; message: Message }
  | { type: 'line'; key: string; line: Line; first: boolean; last: boolean }

const GROUP_MS = 2 * 60_000

const keyOf = (message: Message): string => message.client_id ?? `#${message.seq}`

function asMessage(pending: Pending, author: Author): Message {
  const { client_id, kind, body, at, quote_seq, more } = pending
  return { seq: 0, rev: 0, kind, author, at, body, client_id, quote_seq: quote_seq ?? null, ...(more && { payload: more.card || more.buttons ? { is: 'card', text: body, ...more } : { is: 'note', ...more } }) }
}

// A message that has not changed is the same line, so that it is not drawn anew with each that comes.
const known = new WeakMap<Message, Line>()

function lineOf(message: Message): Line {
  const line = known.get(message) ?? { key: keyOf(message), message, pending: null }
  known.set(message, line)
  return line
}

export function linesOf(messages: readonly Message[], box: readonly Pending[], me: Author): Line[] {
  return [
    ...messages.map(lineOf),
    ...box.map((pending) => ({ key: pending.client_id, message: asMessage(pending, me), pending })),
  ]
}

/** Whether somebody of us has replied, as far as the thread is held. */
export const spokenIn = (thread: { readonly messages: readonly Message[] } | null | undefined): boolean =>
  Boolean(thread?.messages.some(({ author, kind }) => author.kind === 'agent' && kind !== 'note'))

function together(one: Message, other: Message): boolean {
  return (
    one.kind !== 'event' &&
    other.kind !== 'event' &&
    one.author.kind === other.author.kind &&
    one.author.id === other.author.id &&
    one.author.name === other.author.name &&
    (one.kind === 'note') === (other.kind === 'note') &&
    Math.abs(Date.parse(other.at) - Date.parse(one.at)) <= GROUP_MS
  )
}

const dayKey = (at: string): string => new Date(at).toDateString()

/** Days, the unread line, events and grouped messages, in the order they are shown. `readUpTo`: the unread line
 *  stands before the first message of the customer above it; null: no line. */
export function timeline(lines: readonly Line[], readUpTo: number | null): Item[] {
  const items: Item[] = []
  let unreadShown = readUpTo === null
  lines.forEach((line, at) => {
    const { message } = line
    const before = lines[at - 1]?.message
    const after = lines[at + 1]?.message
    const newDay = !before || dayKey(before.at) !== dayKey(message.at)
    if (newDay) items.push({ type: 'day', key: `day ${dayKey(message.at)} ${line.key}`, at: new Date(message.at) })
    const startsUnread = !unreadShown && message.author.kind === 'visitor' && message.seq > (readUpTo ?? 0)
    if (startsUnread) {
      unreadShown = true
      items.push({ type: 'unread', key: 'unread' })
    }
    if (message.kind === 'event') {
      items.push({ type: 'event', key: line.key, message })
      return
    }
    const first = newDay || startsUnread || !before || !together(before, message)
    const nextDay = after !== undefined && dayKey(after.at) !== dayKey(message.at)
    const nextUnread =
      !unreadShown && after !== undefined && after.author.kind === 'visitor' && after.seq > (readUpTo ?? 0)
    const last = !after || nextDay || nextUnread || !together(message, after)
    items.push({ type: 'line', key: line.key, line, first, last })
  })
  return items
}

export type Tick = 'sending' | 'failed' | 'sent' | 'delivered' | 'read'

/** The state of an own public message. */
export function tickOf(line: Line, marks: { delivered: number; read: number }): Tick {
  if (line.pending) return line.pending.state === 'failed' ? 'failed' : 'sending'
  if (line.message.fault) return 'failed'
  if (marks.read >= line.message.seq) return 'read'
  return marks.delivered >= line.message.seq ? 'delivered' : 'sent'
}

const WINDOW_MS = 10 * 60_000

/** Whether `message` may still be edited or recalled by its author. */
export function changeable(message: Message, memberId: string, now: number): boolean {
  return (
    message.seq > 0 &&
    message.author.id === memberId &&
    !message.recalled_at &&
    message.kind !== 'event' &&
    now - Date.parse(message.at) < WINDOW_MS
  )
}

/** Which button the customer has pressed below which message, by its number. */
export function pressedIn(conversationId: string, messages: readonly Message[]): Map<number, number> {
  const taps = messages.flatMap(({ payload }) => (payload?.is === 'tap' && payload.conversation_id === conversationId ? [payload] : []))
  return new Map(taps.map(({ seq, button }) => [seq, button]))
}
