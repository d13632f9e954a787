import type { Head } from '@kezhan/api'

const SITE = 'webchat'

/** Which of the two is to remain where nobody says otherwise: the one her own screen shows (`bound`: then no other
 *  can), else the one that is served, else the older one. */
export function remaining(two: readonly Pick<Head, 'id' | 'channel' | 'state' | 'opened_at'>[]): { preferred: string; bound: boolean } {
  const site = two.filter(({ channel }) => channel === SITE)
  const served = two.filter(({ state }) => state === 'assigned')
  const oldest = [...two].sort((one, other) => one.opened_at.localeCompare(other.opened_at))[0]
  const bound = site.length === 1 && two.length === 2
  const found = bound ? site[0] : served.length === 1 ? served[0] : oldest
  return { preferred: found?.id ?? '', bound }
}
