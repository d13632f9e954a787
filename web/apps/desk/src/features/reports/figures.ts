import type { AlertKind, AlertRule, AlertView, MonitorSeat, Now, SeatCounts, TeamLine } from '@kezhan/api'
import { span } from '../../when'

/** A share as a whole percentage, a dash where there is nothing to tell. */
export const percent = (share: number | null | undefined): string => (share == null ? '–' : `${Math.floor(share * 100)}%`)

/** Seconds as a length of time, a dash for none. */
export const lasting = (seconds: number | null | undefined): string => (seconds == null ? '–' : span(Math.round(seconds) * 1000))

/** What has passed since `moment` by the server's clock: it read `at` when our own read `readAt`. */
export function since(moment: string | null | undefined, at: string, readAt: number, now: number): number | null {
  return moment ? Math.max(0, Date.parse(at) - Date.parse(moment) + Math.max(0, now - readAt)) : null
}

export type Tone = 'calm' | 'amber' | 'red'

/** How a queue looks: by its alerts, else amber where somebody waits longer than was promised. */
export function toneOf(alert: string, waits: Now, waitedMs: number | null, targetSeconds: number): Tone {
  if (alert === 'critical') return 'red'
  if (alert === 'warning') return 'amber'
  return waits.waiting && waitedMs !== null && waitedMs > targetSeconds * 1000 ? 'amber' : 'calm'
}

/** The gravest level among these. */
export const gravest = (alerts: readonly Pick<AlertView, 'level'>[]): '' | AlertView['level'] =>
  alerts.some(({ level }) => level === 'critical') ? 'critical' : alerts.length ? 'warning' : ''

export const toneClass: Record<Tone, string> = { calm: 'text-ink', amber: 'text-amber', red: 'text-red' }

export type Standing = MonitorSeat['standing']

/** The order in which seats are shown: who could take something first, who is not there last. */
export const standings: readonly Standing[] = ['free', 'full', 'busy', 'break', 'away', 'lost', 'off_duty', 'offline']

/** A shape for each, so that colour says nothing alone. */
export const looks: Record<Standing, { icon: string; tone: string }> = {
  free: { icon: 'i-lucide-circle-check', tone: 'text-green' },
  full: { icon: 'i-lucide-circle-dot', tone: 'text-amber' },
  busy: { icon: 'i-lucide-circle-minus', tone: 'text-red' },
  break: { icon: 'i-lucide-coffee', tone: 'text-blue' },
  away: { icon: 'i-lucide-moon', tone: 'text-ink-soft' },
  lost: { icon: 'i-lucide-wifi-off', tone: 'text-red' },
  off_duty: { icon: 'i-lucide-calendar-off', tone: 'text-ink-faint' },
  offline: { icon: 'i-lucide-power', tone: 'text-ink-faint' },
}

/** Seats that are online and on duty, with room or without. */
export const present = ({ free = 0, full = 0 }: SeatCounts): number => free + full

const ratio = ({ live_used, live_units }: MonitorSeat): number => (live_units ? live_used / live_units : 1)

/** Sorted as they are shown; of the same standing the emptier first, then who has stood so for longest. */
export function sorted(seats: readonly MonitorSeat[]): MonitorSeat[] {
  const rank = new Map(standings.map((name, place) => [name, place]))
  return [...seats].sort(
    (a, b) => rank.get(a.standing)! - rank.get(b.standing)! || ratio(a) - ratio(b) || (a.since ?? '').localeCompare(b.since ?? ''),
  )
}

/** A threshold or figure in the unit of its kind. */
export function figureOf(kind: AlertKind, value: number): string {
  if (kind === 'longest_wait') return lasting(value)
  return kind === 'service_level' || kind === 'channel_errors' ? `${value}%` : String(value)
}

type Ruled = Pick<AlertRule | AlertView, 'kind' | 'threshold'>

/** The parameters of `desk_monitor.alert.kind.*`. */
export const paramsOf = ({ kind, threshold }: Ruled): { threshold: string } => ({ threshold: figureOf(kind, threshold) })

/** Whether a kind of alert watches channels rather than queues. */
export const ofChannels = (kind: AlertKind): boolean => kind.startsWith('channel_')

/** Where somebody mends what the alert is about; '' where the monitor shows all there is. */
export function fixOf({ kind, account_id }: Pick<AlertView, 'kind' | 'account_id'>): string {
  if (!ofChannels(kind) || !account_id) return ''
  const tab = { channel_unsent: '?tab=log&log=deliveries', channel_errors: '?tab=log&log=inbox', channel_expires: '?tab=settings' } as Partial<Record<AlertKind, string>>
  return `/settings/channels/${account_id}${tab[kind] ?? ''}`
}

const gravity = { critical: 0, warning: 1, '': 2 } as const

/** Where something is wrong first, then where people wait; otherwise as they were. */
export const gravestFirst = (teams: readonly TeamLine[]): TeamLine[] =>
  [...teams].sort((a, b) => gravity[a.alert] - gravity[b.alert] || Number(Boolean(b.now.waiting)) - Number(Boolean(a.now.waiting)))

/** `items` in pages of `size`; one empty page where there is nothing. */
export function paged<T>(items: readonly T[], size: number): T[][] {
  const pages: T[][] = []
  for (let at = 0; at < items.length; at += size) pages.push(items.slice(at, at + size))
  return pages.length ? pages : [[]]
}
