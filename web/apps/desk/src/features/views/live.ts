import type { Handlers } from '../../live'
import { queriesOf } from '../../shell/queries'
import { BULK, COUNTS, VIEWS } from './api'
import { useViewLists } from './store'

/** What a frame does to views and to acts on many. */
export const viewHandlers: Handlers = {
  // What the lists have let go of is read again.
  lists: ({ resync }) => void (resync && useViewLists().onStale()),
  stale: ({ topic }) => {
    if (topic === BULK) void queriesOf()?.invalidateQueries({ queryKey: [BULK] })
    if (topic !== VIEWS) return
    void useViewLists().onStale()
    void queriesOf()?.invalidateQueries({ queryKey: COUNTS })
  },
}
