import type { Interval, SpecialDay } from '@kezhan/api'

/** A special day as its line on the screen: `rule` is `off`, `plain`, `own`, or `as1` (Monday) … `as7`. */
export interface Row {
  date: string
  /** 0 for Monday; null while there is no date. */
  weekday: number | null
  rule: string
  name: string
  intervals: Interval[]
}

export function rowOf(day: SpecialDay): Row {
  const at = new Date(`${day.date}T00:00:00Z`)
  const weekday = Number.isNaN(at.getTime()) ? null : (at.getUTCDay() + 6) % 7
  return { date: day.date, weekday, rule: ruleName(day), name: day.name ?? '', intervals: day.intervals ?? [] }
}

function ruleName({ kind, intervals, as_weekday }: SpecialDay): string {
  if (kind === 'off') return 'off'
  if (intervals) return 'own'
  return as_weekday ? `as${as_weekday}` : 'plain'
}

/** What a rule chosen on the screen makes of a day. */
export function ruled(rule: string): Pick<SpecialDay, 'kind' | 'intervals' | 'as_weekday'> {
  const plain = { kind: 'work', intervals: null, as_weekday: null } as const
  if (rule === 'off') return { ...plain, kind: 'off' }
  if (rule === 'own') return { ...plain, intervals: [{ start: 9 * 60, end: 12 * 60 }] }
  return rule === 'plain' ? plain : { ...plain, as_weekday: Number(rule.slice(2)) }
}

/** Both lists as one by date; where both have a day, the new one counts. */
export function merged(before: readonly SpecialDay[], read: readonly SpecialDay[]): SpecialDay[] {
  const days = new Map([...before, ...read].map((day) => [day.date, day]))
  return [...days.values()].sort((one, other) => one.date.localeCompare(other.date))
}

/** The day after the last one, as far as there is one; where a new line begins. */
export function nextDate(days: readonly SpecialDay[], today: Date): string {
  const last = days.map(({ date }) => date).filter(Boolean).sort().at(-1)
  const at = last ? new Date(`${last}T00:00:00Z`) : today
  at.setUTCDate(at.getUTCDate() + 1)
  return at.toISOString().slice(0, 10)
}
