/** A moment to come back to what is parked. */
export interface Choice {
  name: 'hour' | 'afternoon' | 'tomorrow' | 'monday'
  at: Date
}

const HOUR_MS = 3600_000
const MORNING = 9
const AFTERNOON = 14
const MONDAY = 1

function onDay(now: Date, days: number, hour: number): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour)
}

/** The moments offered at `now`, on the reader's own clock, the soonest first; none is offered twice. */
export function choices(now: Date): Choice[] {
  const hour = new Date(Math.ceil((now.getTime() + HOUR_MS) / 60_000) * 60_000)
  const monday = (MONDAY + 7 - now.getDay()) % 7 || 7
  const found: Choice[] = [{ name: 'hour', at: hour }]
  const afternoon = onDay(now, 0, AFTERNOON)
  if (afternoon > hour) found.push({ name: 'afternoon', at: afternoon })
  found.push({ name: 'tomorrow', at: onDay(now, 1, MORNING) })
  if (monday > 1) found.push({ name: 'monday', at: onDay(now, monday, MORNING) })
  return found
}

const two = (number: number): string => String(number).padStart(2, '0')

/** `at` as a field for day and time takes it, on the reader's own clock. */
export function asField(at: Date): string {
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`
}
