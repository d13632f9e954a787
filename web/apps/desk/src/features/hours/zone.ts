import { useI18n } from 'vue-i18n'

const formats = new Map<string, Intl.DateTimeFormat>()

function format(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options)
  let found = formats.get(key)
  if (!found) formats.set(key, (found = new Intl.DateTimeFormat(locale, options)))
  return found
}

/** A moment by the clock of `zone`: the time alone where it is still today there, else with its day. */
export function momentIn(locale: string, zone: string, at: Date, now: Date): string {
  const day = format('en-CA', { timeZone: zone, dateStyle: 'short' })
  const time = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone } as const
  const date = day.format(at) === day.format(now) ? {} : ({ month: 'short', day: 'numeric', weekday: 'short' } as const)
  return format(locale, { ...date, ...time }).format(at)
}

// A Monday; the weekdays of a schedule belong to no date.
const MONDAY = Date.UTC(2024, 0, 1)

/** The weekday, 0 for Monday. */
export const weekdayName = (locale: string, day: number, width: 'long' | 'short' = 'short'): string =>
  format(locale, { weekday: width, timeZone: 'UTC' }).format(new Date(MONDAY + day * 86_400_000))

/** A calendar date such as `2026-10-01`, in no zone at all. */
export const dateName = (locale: string, date: string): string =>
  format(locale, { month: 'short', day: 'numeric', weekday: 'short', timeZone: 'UTC' }).format(new Date(`${date}T00:00:00Z`))

interface Zone {
  moment: (zone: string, at: string) => string
  weekday: (day: number, width?: 'long' | 'short') => string
  date: (date: string) => string
}

/** The reader's way to write a schedule's times. */
export function useZone(): Zone {
  const { locale } = useI18n()
  return {
    moment: (zone, at) => momentIn(locale.value, zone, new Date(at), new Date()),
    weekday: (day, width) => weekdayName(locale.value, day, width),
    date: (date) => dateName(locale.value, date),
  }
}
