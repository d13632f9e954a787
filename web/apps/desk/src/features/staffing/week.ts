import type { PlannedShift, ShiftView } from '@kezhan/api'

// Days are ISO dates of the workspace's zone, reckoned without any zone of the browser's.

const DAY = 86_400_000
const at = (day: string): Date => new Date(`${day}T00:00:00Z`)

export const plusDays = (day: string, count: number): string => new Date(at(day).getTime() + count * DAY).toISOString().slice(0, 10)

/** The Monday of the week a day is in. */
export const mondayOf = (day: string): string => plusDays(day, -((at(day).getUTCDay() + 6) % 7))

export const weekOf = (monday: string): string[] => Array.from({ length: 7 }, (_, number) => plusDays(monday, number))

/** Today in a zone. */
export const todayIn = (zone: string, now = new Date()): string => new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(now)

export const dayLabel = (locale: string, day: string, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' }).format(at(day))

/** A week from Monday to Sunday, as short as the language allows. */
export const weekLabel = (locale: string, monday: string): string =>
  new Intl.DateTimeFormat(locale, { year: 'numeric', month: 'short', day: 'numeric', timeZone: 'UTC' }).formatRange(at(monday), at(plusDays(monday, 6)))

export const cellKey = (member: string, day: string): string => `${member} ${day}`

/** Shifts of each person and day, in the order of their beginning. */
export function cellsOf(entries: readonly PlannedShift[]): Map<string, string[]> {
  const cells = new Map<string, string[]>()
  for (const { membership_id, day, shift_id } of [...entries].sort((a, b) => a.starts_at.localeCompare(b.starts_at))) {
    const key = cellKey(membership_id, day)
    cells.set(key, [...(cells.get(key) ?? []), shift_id])
  }
  return cells
}

/** A cell with a shift put in or taken out. */
export const painted = (shifts: readonly string[], shift: string, put: boolean): string[] =>
  put ? (shifts.includes(shift) ? [...shifts] : [...shifts, shift]) : shifts.filter((one) => one !== shift)

export const clockOf = (number: number): string => `${String(Math.floor(number / 2)).padStart(2, '0')}:${number % 2 ? '30' : '00'}`

/** Planned minutes of some shifts. */
export const minutesOf = (ids: readonly string[], shifts: readonly ShiftView[]): number =>
  ids.reduce((sum, id) => sum + (shifts.find((shift) => shift.id === id)?.minutes ?? 0), 0)

/** Ground and letters of a shift's chip. */
export const chipOf: Record<ShiftView['colour'], string> = {
  pine: 'bg-green-soft text-green',
  blue: 'bg-blue-soft text-blue',
  amber: 'bg-amber-soft text-amber',
  violet: 'bg-violet-soft text-violet',
  red: 'bg-red-soft text-red',
  grey: 'bg-paper-sunk text-ink-soft',
}
export const colours = Object.keys(chipOf) as ShiftView['colour'][]
