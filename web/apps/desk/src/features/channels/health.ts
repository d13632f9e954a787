import type { ChannelView, HealthView } from '@kezhan/api'
import { isSite } from './api'

export type Standing = 'up' | 'down' | 'untried' | 'broken'

/** How a channel is. What brings messages works, even where nobody has tried it. */
export function standingOf({ adapter, working }: Pick<ChannelView, 'adapter' | 'working'>, health: HealthView | undefined): Standing {
  if (!working) return 'broken'
  if (isSite(adapter)) return 'up'
  if (health?.working === false) return 'down'
  return health?.working || health?.last_in_at ? 'up' : 'untried'
}

const DAY_MS = 24 * 3600_000
const SOON_DAYS = 7

/** Days until credentials end, null where they do not; `soon`: somebody should renew them. */
export function ending(expires_at: string | null | undefined, now: number): { days: number; soon: boolean } | null {
  if (!expires_at) return null
  const days = Math.max(0, Math.floor((Date.parse(expires_at) - now) / DAY_MS))
  return { days, soon: days < SOON_DAYS }
}

/** Whether a platform out in the world can call `address`: not this machine, nor a network of its own, nor in the clear. */
export function reachable(address: string): boolean {
  const { protocol, hostname } = new URL(address)
  const own = /^(localhost|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|\[)/.test(hostname)
  return protocol === 'https:' && !own && hostname.includes('.') && !/\.(local|lan|internal|test)$/.test(hostname)
}
