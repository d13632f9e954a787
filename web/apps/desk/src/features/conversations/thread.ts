import type { Changed, Head, Mark, Message, Snapshot } from '@kezhan/api'

/** One conversation as this screen holds it: a snapshot and the numbered changes on top. Never changed in place. */
export interface Thread {
  readonly id: string
  readonly rev: number
  readonly head: Head
  /** Ascending by seq, without holes from the first one held. */
  readonly messages: readonly Message[]
  readonly marks: readonly Mark[]
  readonly hasOlder: boolean
}

export interface Merged {
  /** `gap`: something between is missing; ask with `watch` from the thread's rev. */
  readonly outcome: 'applied' | 'old' | 'gap'
  readonly thread: Thread
}

export function fromSnapshot(snapshot: Snapshot): Thread {
  const { head, rev, messages, marks } = snapshot
  return { id: head.id, rev, head, messages, marks, hasOlder: (messages[0]?.seq ?? 1) > 1 }
}

/** The merge rule of the protocol: a frame covers (from_rev, rev]. */
export function merge(thread: Thread, changed: Changed): Merged {
  if (changed.from_rev > thread.rev) return { outcome: 'gap', thread }
  if (changed.rev <= thread.rev) return { outcome: 'old', thread }
  return {
    outcome: 'applied',
    thread: {
      ...thread,
      rev: changed.rev,
      head: changed.head && changed.head.rev >= thread.head.rev ? changed.head : thread.head,
      messages: withMessages(thread.messages, changed.messages ?? []),
      marks: withMarks(thread.marks, changed.marks ?? []),
    },
  }
}

/** Puts an older page in front. */
export function withOlder(thread: Thread, page: readonly Message[], more: boolean): Thread {
  return { ...thread, messages: withMessages(thread.messages, page, true), hasOlder: more }
}

function withMessages(held: readonly Message[], news: readonly Message[], older = false): readonly Message[] {
  if (!news.length) return held
  const first = held[0]?.seq ?? 0
  const bySeq = new Map(held.map((message) => [message.seq, message]))
  for (const message of news) {
    // A change of a message above the loaded pages would leave a hole; it is read with its page.
    if (!older && message.seq < first) continue
    const known = bySeq.get(message.seq)
    if (!known || known.rev <= message.rev) bySeq.set(message.seq, message)
  }
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq)
}

function withMarks(held: readonly Mark[], news: readonly Mark[]): readonly Mark[] {
  if (!news.length) return held
  const key = (mark: Mark): string => `${mark.party}:${mark.party_id}`
  const byParty = new Map(held.map((mark) => [key(mark), mark]))
  for (const mark of news) {
    const known = byParty.get(key(mark))
    if (!known || known.rev <= mark.rev) byParty.set(key(mark), mark)
  }
  return [...byParty.values()]
}

/** How far the customer has come. */
export function customerMarks(marks: readonly Mark[]): { delivered: number; read: number } {
  const theirs = marks.filter((mark) => mark.party === 'visitor')
  return {
    delivered: Math.max(0, ...theirs.map((mark) => mark.delivered_seq)),
    read: Math.max(0, ...theirs.map((mark) => mark.read_seq)),
  }
}

export function ownMark(marks: readonly Mark[], memberId: string): Mark | undefined {
  return marks.find((mark) => mark.party === 'agent' && mark.party_id === memberId)
}

/** From here on more is known of her: she has shown to be another customer as well. */
export const joins = ({ payload }: Message): boolean => payload?.is === 'event' && (payload.event === 'joined' || payload.event === 'parted')
