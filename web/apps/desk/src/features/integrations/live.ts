import type { Handlers } from '../../live'
import { queriesOf } from '../../shell/queries'
import { HOOKS } from './api'

/** What a frame does to webhooks on the screen. */
export const hookHandlers: Handlers = {
  stale: ({ topic }) => {
    if (topic === HOOKS) void queriesOf()?.invalidateQueries({ queryKey: [HOOKS] })
  },
}
