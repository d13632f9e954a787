import type { Handlers } from '../../live'
import { queriesOf } from '../../shell/queries'
import { INFECTED } from './api'

const hearers = new Set<() => void>()

/** Calls `hear` each time more may have been turned away, until what it returns is called. */
export function onInfected(hear: () => void): () => void {
  hearers.add(hear)
  return () => void hearers.delete(hear)
}

/** What a frame does to the list of infected files. */
export const shieldHandlers: Handlers = {
  stale: ({ topic }) => {
    if (topic !== INFECTED) return
    void queriesOf()?.invalidateQueries({ queryKey: [INFECTED] })
    hearers.forEach((hear) => hear())
  },
}
