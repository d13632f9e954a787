import type { Colleague, Colleagues } from '@kezhan/api'

/** What a note says besides its words; of a reply, what it was translated from and who gets a copy. */
export interface NoteMore {
  mentions?: string[]
  teams?: string[]
  whisper?: boolean
  original?: string
  copies?: string[]
}

/** The part of a name that is being written after an "@", up to the caret; null where none is. */
export function wantedAt(text: string, caret: number): string | null {
  const found = /(?:^|[^\w@])@([^\s@]{0,30})$/u.exec(text.slice(0, caret))
  return found ? (found[1] ?? '') : null
}

export interface Part {
  text: string
  id?: string
}

/** Text in pieces, each "@name" of `known` a piece with its id; of several names that fit the longest counts. */
export function parts(text: string, known: readonly Pick<Colleague, 'id' | 'name'>[]): Part[] {
  const byLength = known.filter(({ name }) => name).sort((a, b) => b.name.length - a.name.length)
  const found: Part[] = []
  let from = 0
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const one = byLength.find(({ name }) => text.startsWith(name, at + 1))
    if (!one || at < from) continue
    if (at > from) found.push({ text: text.slice(from, at) })
    from = at + 1 + one.name.length
    found.push({ text: text.slice(at, from), id: one.id })
  }
  if (from < text.length) found.push({ text: text.slice(from) })
  return found
}

/** Whom a note names: colleagues and teams that see the conversation. */
export function namedIn(text: string, colleagues: Colleagues | undefined): NoteMore {
  const { people = [], teams = [] } = colleagues ?? {}
  const ids = new Set(parts(text, [...people, ...teams].filter(({ sees }) => sees)).flatMap(({ id }) => (id ? [id] : [])))
  const of = (some: readonly Colleague[]): string[] => some.filter(({ id }) => ids.has(id)).map(({ id }) => id)
  return { ...(of(people).length && { mentions: of(people) }), ...(of(teams).length && { teams: of(teams) }) }
}
