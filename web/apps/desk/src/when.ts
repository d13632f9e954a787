import { useNow } from '@vueuse/core'
import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { i18n } from './i18n'

const DAY = 24 * 3600_000
const formats = new Map<string, Intl.DateTimeFormat>()

function format(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options)
  let found = formats.get(key)
  if (!found) formats.set(key, (found = new Intl.DateTimeFormat(locale, options)))
  return found
}

/** Midnight of the day of `at`, in the reader's zone. */
export function dayOf(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime()
}

export function clockTime(locale: string, at: Date): string {
  return format(locale, { hour: '2-digit', minute: '2-digit', hour12: false }).format(at)
}

/** The time to the second, with the day where it is another than today. */
export function exactTime(locale: string, at: Date, now: Date): string {
  const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false } as const
  return format(locale, daysApart(at, now) === 0 ? clock : { ...clock, month: 'numeric', day: 'numeric' }).format(at)
}

export function fullTime(locale: string, at: Date): string {
  return format(locale, { dateStyle: 'medium', timeStyle: 'short', hour12: false }).format(at)
}

/** Days between two moments, counted by midnights. */
export function daysApart(at: Date, now: Date): number {
  return Math.round((dayOf(now) - dayOf(at)) / DAY)
}

/** A day as a heading: today and yesterday by name, then weekday and date, with the year where it differs. */
export function dayName(locale: string, at: Date, now: Date): string {
  const apart = daysApart(at, now)
  if (apart === 0 || apart === 1) {
    const name = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-apart, 'day')
    return name.charAt(0).toLocaleUpperCase(locale) + name.slice(1)
  }
  const year = at.getFullYear() === now.getFullYear() ? {} : ({ year: 'numeric' } as const)
  return format(locale, { ...year, month: 'long', day: 'numeric', weekday: 'short' }).format(at)
}

/** As short as a list row allows: the time today, else the day. */
export function shortTime(locale: string, at: Date, now: Date): string {
  const apart = daysApart(at, now)
  if (apart === 0) return clockTime(locale, at)
  if (apart === 1) return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-1, 'day')
  const year = at.getFullYear() === now.getFullYear() ? {} : ({ year: '2-digit' } as const)
  return format(locale, { ...year, month: 'numeric', day: 'numeric' }).format(at)
}

/** A length of time as short as can be, in the reader's words: `45s`, `3:20`, `2h`, `3d` (clock figures below an hour). */
export function span(ms: number, locale = i18n.global.locale.value): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return counted(locale, seconds, 'second')
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  if (seconds < 48 * 3600) return counted(locale, Math.floor(seconds / 3600), 'hour')
  return counted(locale, Math.floor(seconds / 86_400), 'day')
}

const units = new Map<string, Intl.NumberFormat>()

function counted(locale: string, count: number, unit: 'second' | 'hour' | 'day'): string {
  const key = locale + unit
  let found = units.get(key)
  if (!found) units.set(key, (found = new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'narrow' })))
  // A number stands apart from Chinese characters.
  return found.format(count).replace(/(\d)(\p{Script=Han})/u, '$1 $2')
}

const second = useNow({ interval: 1000 })
const minute = useNow({ interval: 30_000 })

/** Now, to the second; for timers. */
export const everySecond: ComputedRef<Date> = computed(() => second.value)

/** A moment to come: the time today, tomorrow by name, else the day; the time with each. */
export function aheadTime(locale: string, at: Date, now: Date): string {
  const apart = -daysApart(at, now)
  if (apart === 0) return clockTime(locale, at)
  const year = at.getFullYear() === now.getFullYear() ? {} : ({ year: 'numeric' } as const)
  const day =
    apart === 1
      ? new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(1, 'day')
      : format(locale, { ...year, month: 'short', day: 'numeric', weekday: 'short' }).format(at)
  return `${day} ${clockTime(locale, at)}`
}

interface When {
  short: (at: string) => string
  clock: (at: string) => string
  exact: (at: string) => string
  full: (at: string) => string
  ahead: (at: string) => string
  day: (at: Date) => string
}

/** The reader's way to write times. */
export function useWhen(): When {
  const { locale } = useI18n()
  return {
    short: (at) => shortTime(locale.value, new Date(at), minute.value),
    clock: (at) => clockTime(locale.value, new Date(at)),
    exact: (at) => exactTime(locale.value, new Date(at), minute.value),
    full: (at) => fullTime(locale.value, new Date(at)),
    ahead: (at) => aheadTime(locale.value, new Date(at), minute.value),
    day: (at) => dayName(locale.value, at, minute.value),
  }
}
