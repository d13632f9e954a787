import type { By, Media, Question } from '@kezhan/api'
import type { LocationQuery } from 'vue-router'

/** The kinds of thing that can be found, in the order of the screen. */
export const kinds = ['person', 'conversation', 'message', 'file'] as const
export type Kind = (typeof kinds)[number]

const names = ['contact', 'seat', 'team', 'channel', 'tag', 'by', 'media', 'from', 'to'] as const
export type FilterName = (typeof names)[number]

/** What a page of hits answers, as its address says it; empty where it is not said. Days are the reader's. */
export type Asked = Record<FilterName, string> & { q: string; kind: Kind | '' }

const text = (value: LocationQuery[string] | undefined): string => (Array.isArray(value) ? value[0] : value) ?? ''

export function askedOf(query: LocationQuery): Asked {
  const filters = Object.fromEntries(names.map((name) => [name, text(query[name])])) as Record<FilterName, string>
  return { ...filters, q: text(query.q), kind: kinds.find((one) => one === text(query.kind)) ?? '' }
}

/** The address of a question, without what is not said. */
export const queryOf = (asked: Partial<Asked>): Record<string, string> =>
  Object.fromEntries(Object.entries(asked).filter(([, value]) => value))

export const filtersSet = (asked: Asked): FilterName[] => names.filter((name) => asked[name])

/** Midnight of a day (`2026-11-22`), or of one that is so many days later, in the reader's zone; null for no day. */
export function midnight(day: string, later = 0): string | null {
  const [year, month, date] = day.split('-').map(Number)
  if (!year || !month || !date || year < 1970 || year > 9000) return null
  return new Date(year, month - 1, date + later).toISOString()
}

export interface Sent {
  q: string
  contact_id?: string
  assignee_id?: string
  team_id?: string
  channel?: string
  tag_id?: string
  by?: By
  media?: Media
  since?: string
  until?: string
}

/** The question as the server takes it. */
export function sentOf(asked: Asked): Sent {
  const said = {
    contact_id: asked.contact,
    assignee_id: asked.seat,
    team_id: asked.team,
    channel: asked.channel,
    tag_id: asked.tag,
    by: asked.by,
    media: asked.media,
    since: midnight(asked.from),
    until: midnight(asked.to, 1),
  }
  return { q: asked.q.trim(), ...Object.fromEntries(Object.entries(said).filter(([, value]) => value)) }
}

/** The same as the body of an export. */
export function questionOf(asked: Asked): Question {
  const { q, media, ...filters } = sentOf(asked)
  return { q, filters, ...(media ? { media } : {}) }
}
