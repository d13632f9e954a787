import type { Mark, Message, Pending, Thread } from '@kezhan/client'

export type Sent = 'sending' | 'sent' | 'delivered' | 'read' | 'failed'

export interface Line {
  kind: 'message'
  key: string
  thread: Thread | undefined
  message: Message | undefined
  pending: Pending | undefined
  mine: boolean
  at: number
  first: boolean
  last: boolean
  state: Sent
}

export interface Divider {
  kind: 'day' | 'unread'
  key: string
  at: number
}

export interface Told {
  kind: 'event'
  key: string
  message: Message
}

export type Row = Line | Divider | Told

const GROUP_MS = 2 * 60_000
const TOLD = ['taken', 'taken_over', 'assigned', 'routed', 'closed', 'reopened']

function eventOf(message: Message): string {
  return message.payload?.is === 'event' ? message.payload.event : ''
}

function stateOf(seq: number, marks: Mark[]): Sent {
  const agents = marks.filter(({ party }) => party === 'agent')
  if (agents.some((mark) => mark.read_seq >= seq)) return 'read'
  return agents.some((mark) => mark.delivered_seq >= seq) ? 'delivered' : 'sent'
}

const sentOf = (state: Pending['state']): Sent => (state === 'waiting' ? 'sending' : state)

/** `reading`: where the line above unread messages goes. Everything the list shows, in order: days, the unread line, system events, messages in groups of one speaker. */
export function rows(history: Thread[], pending: Pending[], reading: { thread: string; seq: number } | null): Row[] {
  const found: Row[] = []
  let day = ''
  let before: Line | undefined
  let unread = false

  function dayOf(at: number): void {
    const next = new Date(at).toDateString()
    if (next !== day) found.push({ kind: 'day', key: next, at })
    if (next !== day) before = undefined
    day = next
  }

  function add(line: Line, speaker: string): void {
    dayOf(line.at)
    const same = before && speaker === spoke && line.at - before.at < GROUP_MS
    if (same) before!.last = false
    line.first = !same
    found.push(line)
    before = line
    spoke = speaker
  }
  let spoke = ''

  for (const thread of history) {
    for (const message of thread.messages) {
      const at = Date.parse(message.at)
      const key = message.client_id ?? `${thread.id}:${message.seq}`
      const mine = message.author.kind === 'visitor'
      if (message.kind === 'event') {
        if (!TOLD.includes(eventOf(message))) continue
        dayOf(at)
        found.push({ kind: 'event', key, message })
        before = undefined
        continue
      }
      if (!mine && !unread && reading && reading.thread === thread.id && message.seq > reading.seq) {
        dayOf(at)
        found.push({ kind: 'unread', key: 'unread', at })
        before = undefined
        unread = true
      }
      const state = stateOf(message.seq, thread.marks)
      const line: Line = { kind: 'message', key, thread, message, pending: undefined, mine, at, first: true, last: true, state }
      add(line, mine ? '' : (message.author.id ?? message.author.name ?? '?'))
    }
  }
  for (const entry of pending) {
    const line: Line = {
      kind: 'message', key: entry.client_id, thread: undefined, message: undefined, pending: entry,
      mine: true, at: entry.at, first: true, last: true, state: sentOf(entry.state),
    }
    add(line, '')
  }
  return found
}
