import type { Handlers } from '../../live'
import { queriesOf } from '../../shell/queries'
import { TOPIC } from './api'

/** What a frame does to answers and follow-ups on the screen. */
export const surveyHandlers: Handlers = {
  stale: ({ topic }) => {
    if (topic === TOPIC) void queriesOf()?.invalidateQueries({ queryKey: [TOPIC] })
  },
}
