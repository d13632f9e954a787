import type { Head, ListName, ListRow, Listed } from '@kezhan/api'

export const listNames = ['mine', 'unassigned', 'parked', 'all', 'closed', 'spam'] as const satisfies readonly ListName[]

/** The last row of what has been paged in: rows below it are not known to be complete. null: all is here. */
export interface Floor {
  place: string
  id: string
}

/** Where a list stream stands; an empty epoch before the server's first word. */
export interface Position {
  epoch: string
  rev: number
}

export type Rows = Map<string, ListRow>

export const unread = (row: ListRow): number => Math.max(0, row.head.inbound_count - row.read_inbound)

/** Invited into it by whoever serves. */
export const isGuest = (head: Head, memberId: string): boolean => head.state !== 'closed' && Boolean(head.guests?.includes(memberId))

export function belongs(name: ListName, head: Head, memberId: string): boolean {
  if (name === 'spam' || head.spam) return name === 'spam' && Boolean(head.spam)
  switch (name) {
    case 'mine':
      return (head.state === 'assigned' && head.assignee_id === memberId && !head.parked_at) || isGuest(head, memberId)
    case 'parked':
      return head.state === 'assigned' && head.assignee_id === memberId && Boolean(head.parked_at)
    case 'unassigned':
      return head.state === 'queued'
    case 'closed':
      return head.state === 'closed'
    default:
      return head.state === 'queued' || head.state === 'assigned'
  }
}

// What waits for its customer alone comes last.
const NEVER = '9000-01-01T00:00:00.000Z'

/** Where a conversation stands in a list. */
export const placeIn = (name: ListName, head: Head): Floor => ({
  place: name === 'parked' ? (head.wake_at ?? NEVER) : head.active_at,
  id: head.id,
})

/** Newest activity first; of what is parked, what wakes soonest. */
function inOrder(name: ListName, a: Floor, b: Floor): number {
  const later = a.place === b.place ? (a.id < b.id ? -1 : a.id > b.id ? 1 : 0) : a.place < b.place ? -1 : 1
  return name === 'parked' ? later : -later
}

/** The rows of a list in its order, down to the floor. */
export function shown(rows: Rows, name: ListName, memberId: string, floor: Floor | null): ListRow[] {
  return [...rows.values()]
    .filter(({ head }) => belongs(name, head, memberId) && (floor === null || inOrder(name, placeIn(name, head), floor) <= 0))
    .sort((a, b) => inOrder(name, placeIn(name, a.head), placeIn(name, b.head)))
}

/** It has come back from being parked, its time having come, and nothing has been said since. */
export const isDue = ({ state, parked_at, woken_seq = 0, preview }: Head): boolean =>
  state === 'assigned' && !parked_at && woken_seq > preview.seq

/** Takes a page of rows in; what frames have told since is newer and stays. */
export function takePage(rows: Rows, page: readonly ListRow[]): void {
  for (const row of page) {
    const known = rows.get(row.head.id)
    const head = known && known.head.rev > row.head.rev ? known.head : row.head
    rows.set(row.head.id, { head, read_inbound: Math.max(row.read_inbound, known?.read_inbound ?? 0) })
  }
}

/** Takes a `listed` frame in. Returns the conversations that were not known before: what of them has been read is
 *  yet to be asked. */
export function takeListed(rows: Rows, frame: Listed): string[] {
  const unknown: string[] = []
  for (const { conversation_id: id, rev, head, gone } of frame.changes) {
    const known = rows.get(id)
    if (known && known.head.rev > rev) continue
    if (gone) rows.delete(id)
    else if (head) {
      if (!known) unknown.push(id)
      // Until it is asked, nothing counts as unread that may have been read long ago.
      rows.set(id, { head, read_inbound: known?.read_inbound ?? firstRead(head) })
    }
  }
  return unknown
}

const firstRead = (head: Head): number => (head.inbound_count <= 1 ? 0 : head.inbound_count)

/** Takes in what was asked about a conversation unknown before. */
export function takeRow(rows: Rows, row: ListRow): void {
  const known = rows.get(row.head.id)
  const head = known && known.head.rev > row.head.rev ? known.head : row.head
  rows.set(row.head.id, { head, read_inbound: row.read_inbound })
}

export function takeRead(rows: Rows, id: string, readInbound: number): boolean {
  const known = rows.get(id)
  if (!known || known.read_inbound >= readInbound) return false
  rows.set(id, { ...known, read_inbound: readInbound })
  return true
}

/** Where a frame numbered `rev` stands to what has been heard: `next`, `old` (again), or past a `hole`. */
export function follow(position: Position, rev: number): 'next' | 'old' | 'hole' {
  if (position.epoch === '') return 'next'
  if (rev <= position.rev) return 'old'
  return rev === position.rev + 1 ? 'next' : 'hole'
}

/** How pressing a wait is; the promise is three minutes. */
export type Pressing = 'calm' | 'waiting' | 'late'

export function pressing(waitingSince: string, now: number): Pressing {
  const waited = now - Date.parse(waitingSince)
  if (waited < 60_000) return 'calm'
  return waited < 3 * 60_000 ? 'waiting' : 'late'
}
