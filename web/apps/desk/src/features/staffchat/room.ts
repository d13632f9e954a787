import type { StaffChanged, StaffMark, StaffMessage, StaffRoom, StaffSend, StaffSnapshot } from '@kezhan/api'
import type { Act } from '../conversations'

/** What of a room has been opened. Never changed in place. */
export interface Talk {
  readonly rev: number
  /** Ascending by seq, without holes from the first one held. */
  readonly messages: readonly StaffMessage[]
  readonly members: readonly StaffMark[]
  readonly hasOlder: boolean
}

/** A message on its way, repeated under its name until the server has it. */
export interface Pending extends Omit<StaffSend, 'client_id'> {
  client_id: string
  room_id: string
  at: string
  state: 'uploading' | 'sending' | 'failed'
  reason?: string | undefined
  /** Of a file: its name; what is not brought to the server yet lives in this page only. */
  file_name?: string | undefined
}

export function fromSnapshot({ room, messages, members }: StaffSnapshot): Talk {
  const first = messages[0]?.seq ?? room.last_seq + 1
  return { rev: room.rev, messages, members, hasOlder: first > room.from_seq + 1 }
}

/** What has been asked for above the rev held. */
export function withMissed(talk: Talk, snapshot: StaffSnapshot): Talk {
  if (snapshot.whole) return fromSnapshot(snapshot)
  return { ...talk, rev: Math.max(talk.rev, snapshot.room.rev), members: snapshot.members, messages: withMessages(talk.messages, snapshot.messages) }
}

/** The merge rule: a frame covers (from_rev, rev]; null where something between is missing. */
export function merge(talk: Talk, frame: StaffChanged): Talk | null {
  if (frame.rev <= talk.rev) return talk
  if (frame.from_rev > talk.rev) return null
  return { ...talk, rev: frame.rev, messages: withMessages(talk.messages, frame.messages) }
}

export function withOlder(talk: Talk, page: readonly StaffMessage[], more: boolean): Talk {
  return { ...talk, messages: withMessages(talk.messages, page, true), hasOlder: more }
}

function withMessages(held: readonly StaffMessage[], news: readonly StaffMessage[], older = false): readonly StaffMessage[] {
  const first = held[0]?.seq ?? 0
  const bySeq = new Map(held.map((message) => [message.seq, message]))
  for (const message of news) {
    // A change above the loaded pages would leave a hole; it is read with its page.
    if (!older && message.seq < first) continue
    const known = bySeq.get(message.seq)
    if (!known || known.rev <= message.rev) bySeq.set(message.seq, message)
  }
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq)
}

/** The room as a frame leaves it in the list of the reader `me`. */
export function moved(room: StaffRoom, frame: StaffChanged, me: string): StaffRoom {
  if (frame.rev <= room.rev) return room
  const last = frame.messages.reduce<StaffMessage | null>((best, one) => (one.seq >= (best?.seq ?? 0) ? one : best), room.last ?? null)
  const fresh = frame.messages.filter(({ seq }) => seq > room.last_seq)
  const own = Math.max(0, ...fresh.filter(({ author_id }) => author_id === me).map(({ seq }) => seq))
  const newest = fresh.at(-1)
  return {
    ...room,
    rev: frame.rev,
    last,
    last_seq: Math.max(room.last_seq, newest?.seq ?? 0),
    read_seq: Math.max(room.read_seq, own),
    last_at: newest?.at ?? room.last_at,
    mentioned: room.mentioned || fresh.some(({ mentions }) => mentions?.includes(me)),
  }
}

export const unread = ({ last_seq, read_seq }: StaffRoom): number => Math.max(0, last_seq - read_seq)

/** What the rail counts: unread in rooms that are not muted, and in muted ones that name the reader. */
export const unreadIn = (rooms: Iterable<StaffRoom>): number =>
  [...rooms].reduce((sum, room) => sum + (room.muted && !room.mentioned ? 0 : unread(room)), 0)

export interface Line {
  key: string
  message: StaffMessage
  pending: Pending | null
}

export type Item = { type: 'day'; key: string; at: Date } | { type: 'event'; key: string; message: StaffMessage } | { type: 'line'; key: string; line: Line; first: boolean; last: boolean }

const GROUP_MS = 2 * 60_000

function asMessage({ client_id, body, at, quote_seq, conversation_id, mentions }: Pending, me: string): StaffMessage {
  return { seq: 0, rev: 0, author_id: me, kind: 'text', at, client_id, body: body ?? '', quote_seq: quote_seq ?? null, conversation_id: conversation_id ?? null, mentions: mentions ?? [] }
}

/** Days, quiet lines and grouped messages, in the order they are shown. */
export function itemsOf(messages: readonly StaffMessage[], box: readonly Pending[], me: string): Item[] {
  const lines: Line[] = [
    ...messages.map((message) => ({ key: `${message.author_id}${message.client_id}`, message, pending: null })),
    ...box.map((pending) => ({ key: `${me}${pending.client_id}`, message: asMessage(pending, me), pending })),
  ]
  const day = (line: Line | undefined): string => (line ? new Date(line.message.at).toDateString() : '')
  const together = (one: Line | undefined, other: Line | undefined): boolean =>
    one !== undefined &&
    other !== undefined &&
    one.message.kind !== 'event' &&
    other.message.kind !== 'event' &&
    one.message.author_id === other.message.author_id &&
    day(one) === day(other) &&
    Math.abs(Date.parse(other.message.at) - Date.parse(one.message.at)) <= GROUP_MS
  return lines.flatMap((line, at): Item[] => {
    const [before, after] = [lines[at - 1], lines[at + 1]]
    const { key, message } = line
    const shown: Item = message.kind === 'event' ? { type: 'event', key, message } : { type: 'line', key, line, first: !together(before, line), last: !together(line, after) }
    return day(before) === day(line) ? [shown] : [{ type: 'day', key: `day ${key}`, at: new Date(message.at) }, shown]
  })
}

const WINDOW_MS = 10 * 60_000

/** What the menu of a line offers its reader, in groups. */
export function actsOn({ message, pending }: Line, own: boolean, now: number): Act[][] {
  if (pending) return [['retry', 'discard']]
  const plain: Act[] = message.body ? ['quote', 'copy'] : ['quote']
  if (!own || now - Date.parse(message.at) > WINDOW_MS) return [plain]
  return [plain, message.kind === 'text' ? ['edit', 'recall'] : ['recall']]
}
