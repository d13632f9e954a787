import type { Handlers } from '../../live'
import { queriesOf } from '../../shell/queries'

/** However often something moves, the monitor is read once in so long. */
export const PAUSE_MS = 2000

const waiting = new Map<string, ReturnType<typeof setTimeout>>()
const readAt = new Map<string, number>()

/** Reads what stands under `key` anew: at once, or when the pause since the last time is over. */
function renew(key: string): void {
  if (waiting.has(key)) return
  const rest = Math.max((readAt.get(key) ?? 0) + PAUSE_MS - Date.now(), 0)
  waiting.set(key, setTimeout(() => {
    waiting.delete(key)
    readAt.set(key, Date.now())
    void queriesOf()?.invalidateQueries({ queryKey: [key] })
  }, rest))
}

/** What the followed lists say to the monitor: queues and seats have moved, alerts have begun or ended. */
export const monitorHandlers: Handlers = {
  stale: ({ topic }) => {
    if (topic === 'reception' || topic === 'alerts') renew('monitor')
    if (topic === 'alerts') renew('alerts')
  },
}
