import type { Outlook, Place } from '@kezhan/client'
import { clockOf, dayOf } from '../thread/time'
import { t } from '../words'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY_MS = 86_400_000

/** A wait in words, never shorter than it is. messages: widget_more.place.wait.* */
export function range([low, high]: [number, number]): string {
  const [from, to] = [Math.floor(low / MINUTE), Math.ceil(high / MINUTE)]
  if (to <= 1) return t('widget_more.place.wait.soon')
  if (low >= HOUR) return t('widget_more.place.wait.hour')
  const how = from === 0 ? 'within' : from === to ? 'about' : 'between'
  return t(`widget_more.place.wait.${how}`, { low: from, high: to })
}

/** When we are back, in the reader's own time; empty where nobody knows. */
export function opening(at: string | null | undefined, now = Date.now()): string {
  if (!at) return ''
  const opens = Date.parse(at)
  const time = clockOf(opens)
  const days = Math.round((new Date(opens).setHours(0, 0, 0, 0) - new Date(now).setHours(0, 0, 0, 0)) / DAY_MS)
  if (days <= 0) return t('widget_more.place.today', { time })
  if (days === 1) return t('widget_more.place.tomorrow', { time })
  return t('widget_more.place.day', { day: dayOf(opens, now), time })
}

/** How she stands, in one line. `told`: the site's own words for a message. */
export function standing(place: Place, there: boolean, told: string): string {
  const { state, wait } = place
  if (state === 'offered') return t('widget_more.place.offered')
  if (state === 'message') return told || t('widget_more.place.message')
  if (state === 'closed') {
    const at = opening(place.opens_at)
    return at ? t('widget_more.place.closed', { at }) : t('widget_more.place.closedLong')
  }
  if (!there) return t('widget_more.place.away')
  const stands = place.place ? t('widget_more.place.stands', { n: place.place }) : ''
  return [stands, wait && t('widget_more.place.expected', { wait: range(wait) })].filter(Boolean).join(' · ')
}

/** What she may expect before she has written; empty where nothing is known. */
export function prospect({ open, waiting, wait }: Outlook, there: boolean): string {
  if (!open) return t('widget_more.place.shut')
  if (!there) return ''
  const expected = wait && t('widget_more.place.expected', { wait: range(wait) })
  if (waiting) return [t('widget_more.place.queue', { n: waiting }), expected].filter(Boolean).join(' · ')
  if (!wait) return ''
  if (wait[0] > 0 || wait[1] > 10 * MINUTE) return `${t('widget_more.place.busy')} · ${expected}`
  return t('widget_more.place.usual', { n: Math.ceil(wait[1] / MINUTE) })
}
