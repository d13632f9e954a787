/** A moment to send something at. */
export interface Moment {
  name: 'hour' | 'evening' | 'tomorrow' | 'monday'
  at: Date
}

const HOUR_MS = 3600_000
const MORNING = 9
const EVENING = 18
const MONDAY = 1

/** How far the clocks of `zone` are ahead of UTC at `at`, in milliseconds. */
function ahead(zone: string, at: number): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }).formatToParts(at)
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value)
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) - Math.floor(at / 1000) * 1000
}

/** The moment at which the clocks of `zone` show this time of UTC. */
function onClocks(zone: string, shown: number): Date {
  // Twice, as the night the clocks change may lie between the guess and the moment.
  const guess = shown - ahead(zone, shown)
  return new Date(shown - ahead(zone, guess))
}

/** The moments offered at `now`, by the clocks of `zone`, the soonest first; none is offered twice. */
export function moments(now: Date, zone: string): Moment[] {
  const local = new Date(now.getTime() + ahead(zone, now.getTime()))
  const day = (days: number, hour: number): Date => onClocks(zone, Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate() + days, hour))
  const hour = new Date(Math.ceil((now.getTime() + HOUR_MS) / 60_000) * 60_000)
  const monday = (MONDAY + 7 - local.getUTCDay()) % 7 || 7
  const found: Moment[] = [{ name: 'hour', at: hour }]
  const evening = day(0, EVENING)
  if (evening > hour) found.push({ name: 'evening', at: evening })
  found.push({ name: 'tomorrow', at: day(1, MORNING) })
  if (monday > 1) found.push({ name: 'monday', at: day(monday, MORNING) })
  return found
}
