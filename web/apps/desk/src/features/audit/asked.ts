import type { AuditGroup } from '@kezhan/api'
import type { LocationQuery } from 'vue-router'
import { midnight } from '../search'

/** The groups of actions, in the order of the screen. */
export const groups: readonly AuditGroup[] = ['sign_in', 'access', 'lookup', 'export', 'removal', 'customer', 'conversation', 'settings']

const names = ['who', 'group', 'kind', 'subject', 'from', 'to', 'q'] as const
export type FilterName = (typeof names)[number]

/** What a page of the log answers, as its address says it; empty where it is not said. Days are the reader's. */
export type Asked = Record<FilterName, string>

const text = (value: LocationQuery[string] | undefined): string => (Array.isArray(value) ? value[0] : value) ?? ''

export const askedOf = (query: LocationQuery): Asked => Object.fromEntries(names.map((name) => [name, text(query[name])])) as Asked

/** The address of a question, without what is not said. */
export const queryOf = (asked: Partial<Asked>): Record<string, string> => Object.fromEntries(Object.entries(asked).filter(([, value]) => value))

export const isNarrowed = (asked: Asked): boolean => names.some((name) => asked[name])

export interface Sent {
  actor_id?: string
  group?: AuditGroup
  subject_kind?: string
  subject_id?: string
  since?: string
  until?: string
  q?: string
}

/** The question as the server takes it. */
export function sentOf(asked: Asked): Sent {
  const said = {
    actor_id: asked.who,
    group: groups.find((one) => one === asked.group),
    subject_kind: asked.subject ? '' : asked.kind,
    subject_id: asked.subject,
    since: midnight(asked.from),
    until: midnight(asked.to, 1),
    q: asked.q.trim().slice(0, 100),
  }
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value)) as Sent
}
