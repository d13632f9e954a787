import type { Handlers } from '../../live'
import { queriesOf } from '../../shell/queries'
import { TOPIC } from './api'

/** What a frame does to the list of channels and how they are. */
export const channelHandlers: Handlers = {
  stale: ({ topic }) => {
    if (topic === TOPIC) void queriesOf()?.invalidateQueries({ queryKey: [TOPIC] })
  },
}
