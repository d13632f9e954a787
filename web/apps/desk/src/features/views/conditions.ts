import type { AnswerField, AnswerIs, AnswerWay, FilterWords, Filter } from '@kezhan/api'

export type Group = NonNullable<Filter['groups']>[number]
export type Condition = Group['conditions'][number]
export type Kind = Condition['is']

export const MOST_GROUPS = 5
export const MOST_CONDITIONS = 10

export const fields = {
  any_of: ['state', 'channel', 'account', 'team', 'assignee', 'tier', 'language', 'owner', 'tag', 'contact_tag', 'source', 'company', 'segment', 'contact_channel', 'contact_account'],
  holds: ['waiting', 'unread', 'parked', 'guest', 'rated', 'spam', 'verified', 'has_email', 'has_phone'],
  age: ['waiting_since', 'active_at', 'opened_at', 'closed_at', 'wake_at', 'seen_at', 'met_at'],
  contains: ['name', 'email', 'phone', 'note'],
  between: ['priority', 'messages', 'csat', 'nps', 'conversations', 'last_csat', 'last_nps'],
} as const

/** Those that a filter of customers alone can be about. */
export const peopleFields = {
  any_of: ['tier', 'contact_tag', 'company', 'language', 'owner', 'contact_channel', 'contact_account'],
  holds: ['verified', 'has_email', 'has_phone'],
  age: ['seen_at', 'met_at'],
  contains: ['name', 'email', 'phone', 'note'],
  between: ['conversations', 'last_csat', 'last_nps'],
} as const

export const units = { minutes: 1, hours: 60, days: 24 * 60 } as const
export type Unit = keyof typeof units

/** What a condition is about, as one word. */
export const subjectOf = ({ is, field }: Condition): string => `${is}:${field}`

/** A condition about `subject` that does not say anything yet. */
export function fresh(subject: string, words?: FilterWords): Condition {
  const [is, ...rest] = subject.split(':') as [Kind, ...string[]]
  const field = rest.join(':') as never
  switch (is) {
    case 'any_of':
      return { is, field, values: [] }
    case 'holds':
      return { is, field }
    case 'age':
      return { is, field, minutes: 60 }
    case 'contains':
      return { is, field, text: '' }
    case 'between':
      return { is, field, least: null, most: null }
    case 'answer':
      return { is, field, way: waysOf(words?.answers.find(({ id }) => id === field))[0]!, values: [] }
    case 'field':
      return { is, field, way: waysOf(words?.fields.find(({ id }) => id === field))[0]!, values: [] }
    default:
      return { is: 'attribute', field, way: 'any_of', values: [] }
  }
}

const ofKind: Record<string, readonly AnswerWay[]> = {
  text: ['has', 'given'],
  long_text: ['has', 'given'],
  number: ['least', 'most', 'given'],
  yes_no: ['yes', 'given'],
  date: ['given'],
  link: ['has', 'given'],
  phone: ['has', 'given'],
  email: ['has', 'given'],
}

/** How an answer of this field, or (without one) an attribute, can be looked at. */
export const waysOf = (field: AnswerField | undefined): readonly AnswerWay[] =>
  field ? (ofKind[field.kind] ?? ['any_of', 'given']) : ['any_of', 'has', 'least', 'most', 'given']

/** Minutes in the largest unit that takes them whole. */
export function spanOf(minutes: number): { amount: number; unit: Unit } {
  const unit = (['days', 'hours'] as const).find((one) => minutes % units[one] === 0) ?? 'minutes'
  return { amount: minutes / units[unit], unit }
}

const valued = ({ way, values = [] }: Pick<AnswerIs, 'way' | 'values'>): boolean => way === 'yes' || way === 'given' || Boolean(values[0]?.trim())

/** Whether it says enough to be asked. */
export function isWhole(condition: Condition): boolean {
  switch (condition.is) {
    case 'any_of':
      return condition.values.length > 0
    case 'age':
      return Number.isInteger(condition.minutes) && condition.minutes > 0
    case 'contains':
      return condition.text.trim() !== ''
    case 'between':
      return condition.least != null || condition.most != null
    case 'answer':
    case 'attribute':
    case 'field':
      return valued(condition)
    default:
      return true
  }
}

export const isWholeFilter = ({ groups = [] }: Filter): boolean => groups.every(({ conditions }) => conditions.length > 0 && conditions.every(isWhole))

/** The open ones: where somebody begins who makes a view. */
export const firstFilter = (): Filter => ({ v: 1, join: 'all', groups: [{ join: 'all', conditions: [{ is: 'any_of', field: 'state', values: ['queued', 'assigned'] }] }] })
