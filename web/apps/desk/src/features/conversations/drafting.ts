import { useSession } from '../workspaces'
import { putDraft } from './api'

/** What somebody has begun to write; `version` is the server's that this goes on from. */
export interface Draft {
  body: string
  note: boolean
  version: number
}

const LONGEST = 10_000
const under = new Set<string>()
// What was handed over last, though perhaps no answer came: that is nobody else's.
const tried = new Map<string, string>()
const listeners = new Map<string, (draft: Draft) => void>()

const prefix = (): string => `kz.draft.${useSession().me?.id ?? ''}.`

/** What of a draft this device has and the server has not, as far as is known: kept over breaks and reloads. */
export function unsaved(id: string): Draft | null {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(prefix() + id) ?? 'null')
    return typeof found === 'object' && found !== null && 'body' in found ? (found as Draft) : null
  } catch {
    return null
  }
}

export const hold = (id: string, draft: Draft): void => localStorage.setItem(prefix() + id, JSON.stringify(draft))

const letGo = (id: string): void => localStorage.removeItem(prefix() + id)

/** Calls `take` with drafts of this conversation that come from elsewhere; returns how to stop. */
export function onDraft(id: string, take: (draft: Draft) => void): () => void {
  listeners.set(id, take)
  return () => listeners.get(id) === take && listeners.delete(id)
}

export const tellDraft = (id: string, draft: Draft): void => listeners.get(id)?.(draft)

/** Both have written: nothing of either is lost. What was to stay inside stays inside. */
export function joined(mine: Draft, theirs: Draft): Draft {
  const { version } = theirs
  const note = mine.note || theirs.note
  if (!theirs.body.trim() || mine.body.includes(theirs.body)) return { body: mine.body, note: theirs.body.trim() ? note : mine.note, version }
  if (!mine.body.trim() || theirs.body.includes(mine.body)) return { body: theirs.body, note: mine.body.trim() ? note : theirs.note, version }
  return { body: `${theirs.body}\n${mine.body}`.slice(0, LONGEST), note, version }
}

const same = (one: Draft, other: Draft): boolean => one.body === other.body && one.note === other.note

/** Hands to the server what it does not have, until it has it; what stands then, null where there was nothing or
 *  somebody is at it. Throws Fault: all is kept, the next time tries again. */
export async function bring(id: string): Promise<Draft | null> {
  if (under.has(id)) return null
  under.add(id)
  try {
    let stands: Draft | null = null
    for (let mine = unsaved(id); mine; mine = unsaved(id)) {
      const before = tried.get(id)
      tried.set(id, mine.body)
      const answer = await putDraft(id, mine)
      const now = unsaved(id) ?? mine
      const theirs = answer.kept === false && answer.body !== before
      stands = theirs ? joined(now, answer) : { ...now, version: answer.version }
      if (theirs && !same(stands, now)) tellDraft(id, stands)
      if (same(stands, answer)) letGo(id)
      else hold(id, stands)
    }
    return stands
  } finally {
    under.delete(id)
  }
}

/** After a break: everything that was written meanwhile. */
export async function bringAll(): Promise<void> {
  const start = prefix()
  const ids = Object.keys(localStorage).filter((key) => key.startsWith(start)).map((key) => key.slice(start.length))
  for (const id of ids) await bring(id).catch(() => undefined)
}
