import type { Handlers } from '../../live'
import { queriesOf } from '../../shell/queries'
import { SCHEDULED } from './api'

/** What a frame does to what is to be sent later. */
export const scheduledHandlers: Handlers = {
  scheduled: (frame) => {
    void queriesOf()?.invalidateQueries({ queryKey: [SCHEDULED, frame.conversation_id] })
    if (frame.held) void import('./told').then(({ tell }) => tell(frame))
  },
}
