import type { Interval, Weekly } from '@kezhan/api'

// A week is seven lists of intervals, Monday first; times are minutes from midnight. Whatever ends at or before its
// beginning on the clock ends on the next day, so that midnight to midnight is the whole day.

export const DAY = 1440
export type Week = Weekly['days']

export const office: Interval = { start: 9 * 60, end: 18 * 60 }

/** Seven days, each made by its number. */
export const weekFrom = (day: (index: number) => Interval[]): Week => [0, 1, 2, 3, 4, 5, 6].map(day) as Week

/** Minutes of `9`, `930`, `9:30` or `09：30`; null while it is not a time. Only an end may be `24:00`. */
export function minutesOf(text: string, end = false): number | null {
  const found = /^(\d{1,2})(?:[:：.]?(\d{2}))?$/.exec(text.trim())
  if (!found) return null
  const minutes = Number(found[1]) * 60 + Number(found[2] ?? 0)
  if (Number(found[2] ?? 0) > 59) return null
  return minutes < DAY || (end && minutes === DAY) ? minutes : null
}

/** The time on the clock; a day's end, asked for as such, is `24:00`. */
export function clockOf(minutes: number, end = false): string {
  const shown = end && minutes === DAY ? DAY : minutes % DAY
  return `${String(Math.floor(shown / 60)).padStart(2, '0')}:${String(shown % 60).padStart(2, '0')}`
}

/** As people write it. */
export const hoursOf = ({ start, end }: Interval): string => `${clockOf(start)}–${clockOf(end, true)}`

export const interval = (start: number, end: number): Interval => ({ start, end: end % DAY > start ? end % DAY : (end % DAY) + DAY })

export const endsNextDay = ({ end }: Interval): boolean => end > DAY

export const isWholeDay = ({ start, end }: Interval): boolean => start === 0 && end === DAY

/** What a further interval may be: office hours on an empty day, else an hour after the last one ends. */
export function further(day: readonly Interval[]): Interval {
  const last = Math.max(-1, ...day.map(({ end }) => end))
  if (last < 0) return { ...office }
  const start = Math.min(last + 60, DAY - 60)
  return { start, end: Math.min(start + 180, DAY) }
}

export interface Run {
  from: number
  to: number
  hours: readonly Interval[]
}

/** Neighbouring days of the same hours as one; closed days are left out. */
export function runsOf(week: Week): Run[] {
  const runs: Run[] = []
  week.forEach((hours, day) => {
    const last = runs.at(-1)
    if (!hours.length) return
    if (last && last.to === day - 1 && sameHours(last.hours, hours)) last.to = day
    else runs.push({ from: day, to: day, hours })
  })
  return runs
}

export const sameHours = (one: readonly Interval[], other: readonly Interval[]): boolean =>
  one.length === other.length && one.every(({ start, end }, index) => start === other[index]?.start && end === other[index]?.end)

/** A copy that can be changed. */
export const copyOf = (day: readonly Interval[]): Interval[] => day.map(({ start, end }) => ({ start, end }))

/** The open parts of a day between its midnights: its own hours and what comes over from the day before. */
export function partsOf(day: readonly Interval[], before: readonly Interval[] = []): Interval[] {
  const over = before.filter(endsNextDay).map(({ end }) => ({ start: 0, end: end - DAY }))
  return [...over, ...day.map(({ start, end }) => ({ start, end: Math.min(end, DAY) }))]
}

/** Where a part stands on a bar of 24 hours. */
export const onBar = ({ start, end }: Interval): { left: string; width: string } => ({
  left: `${(start / DAY) * 100}%`,
  width: `${((end - start) / DAY) * 100}%`,
})
