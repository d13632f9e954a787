import type { Changed, Head, Mark, Message, Snapshot } from './types.ts'

/**
 * One conversation as a client holds it: a snapshot and the numbered changes on top of it.
 * Pure: it talks to nobody. A `changed` frame covers (from_rev, rev]; one that is older than ours is ignored,
 * one that overlaps is applied, one that begins beyond ours shows a gap.
 */
export class Thread {
  readonly id: string
  rev = 0
  head: Head | null = null
  /** Whether there are messages before the first one held. */
  more = false
  private readonly known = new Map<number, Message>()
  private readonly parties = new Map<string, Mark>()

  constructor(id: string) {
    this.id = id
  }

  /** Messages held, by `seq`. Numbers the customer may not see are left out, so there are holes. */
  get messages(): Message[] {
    return [...this.known.values()].sort((a, b) => a.seq - b.seq)
  }

  get marks(): Mark[] {
    return [...this.parties.values()]
  }

  message(seq: number): Message | undefined {
    return this.known.get(seq)
  }

  /** Starts afresh from a snapshot, whatever was held. */
  load(snapshot: Snapshot): void {
    this.known.clear()
    this.parties.clear()
    this.rev = snapshot.rev
    this.head = snapshot.head
    this.merge(snapshot.messages, snapshot.marks)
    this.more = (snapshot.messages[0]?.seq ?? 1) > 1
  }

  /** Takes a change in. False: there is a gap, ask for what is missing. */
  apply(changed: Changed): boolean {
    if (changed.from_rev > this.rev) return false
    if (changed.rev > this.rev) {
      this.rev = changed.rev
      if (changed.head) this.head = changed.head
      this.merge(changed.messages, changed.marks)
    }
    return true
  }

  /** Takes in an earlier page; what is held is newer and stays. */
  prepend(messages: Message[], more: boolean): void {
    this.merge(messages)
    this.more = more
  }

  private merge(messages: Message[] = [], marks: Mark[] = []): void {
    for (const message of messages) put(this.known, message.seq, message)
    for (const mark of marks) put(this.parties, mark.party + mark.party_id, mark)
  }
}

function put<K, T extends { rev: number }>(into: Map<K, T>, key: K, value: T): void {
  const known = into.get(key)
  if (!known || known.rev <= value.rev) into.set(key, value)
}
