import type { Change, EntryView } from '@kezhan/api'
import { useI18n } from 'vue-i18n'
import { useChannels } from '../channels'
import { useTags } from '../tags'
import { useMembers, useSession, useTeams } from '../workspaces'
import { useWhen } from '../../when'

type Value = Change['before']

export interface Fact {
  field: string
  value: string
}

/** `before` is empty where there was nothing to be changed: something new tells what it is. */
interface Told {
  field: string
  before: string
  after: string
}

interface AuditWords {
  who: (entry: EntryView) => string
  what: (entry: EntryView) => string
  kind: (subject_kind: string) => string
  subject: (entry: EntryView) => string
  changes: (entry: EntryView) => Told[]
  /** How many more changes there were than are told. */
  more: (entry: EntryView) => number
  facts: (entry: EntryView) => Fact[]
}

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/
// Its version; what the changes tell better.
const UNTOLD = ['v', 'fields', 'values', 'whole']

/** A line of the log in the reader's words; names are as they are today. */
export function useAuditWords(): AuditWords {
  const { t, te, n } = useI18n()
  const when = useWhen()
  const session = useSession()
  const members = session.may('member.read') ? useMembers() : undefined
  const teams = session.may('member.read') ? useTeams() : undefined
  const channels = session.may('channel.read') ? useChannels() : undefined
  const tags = session.may('contact.read') ? useTags() : undefined

  function nameOf(id: string): string {
    const known: { id: string; name: string }[] = [...(members?.data.value ?? []), ...(teams?.data.value ?? []), ...(channels?.data.value ?? []), ...(tags?.data.value?.items ?? [])]
    return known.find((one) => one.id === id)?.name ?? `#${id.slice(-6)}`
  }
  // By which a customer can be looked for; her name stands in no log.
  const numberOf = (id: string): string => `#${String(BigInt(`0x${id.replaceAll('-', '')}`) % 1_000_000n).padStart(6, '0')}`
  // messages: audit.actions.*, audit.actor.*, audit.subject.*, audit.field.*, audit.value.*, desk.right.*
  const worded = (kind: string, name: string): string => (te(`audit.${kind}.${name}`) ? t(`audit.${kind}.${name}`) : name.replaceAll('_', ' '))
  const kind = (name: string): string => worded('subject', name)
  const fieldOf = (path: string): string =>
    path
      .split('.')
      .map((part) => (/^\d+$/.test(part) ? n(Number(part) + 1) : ID.test(part) ? nameOf(part) : worded('field', part)))
      .join(' › ')

  function valueOf(value: Value | unknown): string {
    if (value === null || value === undefined || value === '' || (Array.isArray(value) && !value.length)) return t('audit.value.none')
    if (typeof value === 'boolean') return t(value ? 'audit.value.yes' : 'audit.value.no')
    if (typeof value === 'number') return n(value)
    if (Array.isArray(value)) return value.map(valueOf).join(t('desk.comma'))
    if (typeof value === 'object') return Object.entries(value as object).map(([name, one]) => `${fieldOf(name)} ${valueOf(one)}`).join(t('desk.comma'))
    const text = String(value)
    if (ID.test(text)) return nameOf(text)
    if (MOMENT.test(text)) return when.full(text)
    const right = `desk.right.${text.replace('.', '_')}`
    if (te(right)) return t(right)
    return te(`audit.value.${text}`) ? t(`audit.value.${text}`) : text
  }

  return {
    who: (entry) => entry.actor_name || t(`audit.actor.${entry.actor_kind}`),
    what: ({ action }) => (te(`audit.actions.${action}`) ? t(`audit.actions.${action}`) : action),
    kind,
    subject(entry) {
      const { subject_id: id, subject_kind, subject_name } = entry
      if (!id || subject_kind === 'workspace') return ''
      return `${kind(subject_kind)} ${subject_name ?? (subject_kind === 'contact' && ID.test(id) ? numberOf(id) : nameOf(id))}`
    },
    changes({ changes }) {
      const told = changes.filter(({ field }) => field !== 'more')
      const isNew = told.every(({ before }) => before === null || before === undefined)
      return told.map(({ field, before, after }) => ({ field: fieldOf(field), before: isNew ? '' : valueOf(before), after: valueOf(after) }))
    },
    more: (entry) => Number(entry.changes.find(({ field }) => field === 'more')?.after ?? 0),
    facts: ({ detail, changes }) =>
      Object.entries(detail ?? {})
        .filter(([name]) => !UNTOLD.includes(name) && !changes.some(({ field }) => field === name || field.startsWith(`${name}.`)))
        .map(([name, value]) => ({ field: fieldOf(name), value: valueOf(value) })),
  }
}
