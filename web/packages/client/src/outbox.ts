import type { Store } from './store.ts'
import type { Draft } from './types.ts'

export const OUTBOX_CAP = 200
const IN_FLIGHT = 40
const PREFIX = 'out.'

/** A message of ours that is not in the thread yet. `sent`: stored by the server, its frame is on the way. */
export interface Pending {
  client_id: string
  /** Milliseconds; rises strictly, so it is the order of sending. */
  at: number
  draft: Draft
  state: 'waiting' | 'sending' | 'sent' | 'failed'
  /** Why it failed, for the reader. */
  title?: string
}

/** Messages until they are acknowledged, in order, kept over reloads. */
export class Outbox {
  entries: Pending[] = []
  private readonly store: Store
  private last = 0

  constructor(store: Store) {
    this.store = store
    for (const key of store.keys()) {
      if (!key.startsWith(PREFIX)) continue
      try {
        this.entries.push({ ...JSON.parse(store.get(key) ?? ''), client_id: key.slice(PREFIX.length) })
      } catch {
        store.put(key, null)
      }
    }
    this.entries.sort((a, b) => a.at - b.at)
    for (const entry of this.entries) {
      if (entry.state !== 'failed') entry.state = 'waiting'
      this.last = entry.at
    }
  }

  /** Null where the outbox is full. */
  add(client_id: string, draft: Draft): Pending | null {
    if (this.entries.length >= OUTBOX_CAP) return null
    this.last = Math.max(Date.now(), this.last + 1)
    const entry: Pending = { client_id, at: this.last, draft, state: 'waiting' }
    this.entries.push(entry)
    this.keep(entry)
    return entry
  }

  find(client_id: string | null | undefined): Pending | undefined {
    return this.entries.find((entry) => entry.client_id === client_id)
  }

  remove(client_id: string | null | undefined): void {
    if (!this.find(client_id)) return
    this.entries = this.entries.filter((entry) => entry.client_id !== client_id)
    this.store.put(PREFIX + client_id, null)
  }

  /** The server has it: nothing to repeat, shown until the thread brings it. */
  acknowledge(client_id: string): void {
    const entry = this.find(client_id)
    if (entry) entry.state = 'sent'
    this.store.put(PREFIX + client_id, null)
  }

  fail(client_id: string, title: string): void {
    const entry = this.find(client_id)
    if (!entry) return
    entry.state = 'failed'
    entry.title = title
    this.keep(entry)
  }

  retry(client_id: string): void {
    const entry = this.find(client_id)
    if (entry) entry.state = 'waiting'
  }

  /** The line broke: what was under way goes out again, under the same client_id. */
  rewind(): void {
    for (const entry of this.entries) if (entry.state === 'sending') entry.state = 'waiting'
  }

  /** What may go out now: in order, and no more under way than the server's allowance of frames bears. */
  next(): Pending[] {
    const room = IN_FLIGHT - this.entries.filter((entry) => entry.state === 'sending').length
    const ready = this.entries.filter((entry) => entry.state === 'waiting').slice(0, Math.max(0, room))
    for (const entry of ready) entry.state = 'sending'
    return ready
  }

  private keep({ client_id, ...rest }: Pending): void {
    this.store.put(PREFIX + client_id, JSON.stringify(rest))
  }
}
