import type { AlertView } from '@kezhan/api'

const KEY = 'kz.alerts'
/** What began longer ago is no news to somebody who has just come. */
export const NEWS_MS = 10 * 60_000

const read = (): Record<string, number> => {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? '{}') as Record<string, number>
  } catch {
    return {}
  }
}

/** Of these alerts those that are on and have not been told in this tab, oldest first; they count as told from now on. */
export function told(alerts: readonly AlertView[], now: number): AlertView[] {
  const known = read()
  const fresh = alerts.filter(({ id, ended_at, began_at }) => !ended_at && !(id in known) && now - Date.parse(began_at) < NEWS_MS)
  const kept = Object.entries(known).filter(([, at]) => now - at < NEWS_MS)
  sessionStorage.setItem(KEY, JSON.stringify(Object.fromEntries([...kept, ...fresh.map(({ id }) => [id, now] as const)])))
  return fresh.reverse()
}
