import type { Handlers } from '../../live'
import { queriesOf } from '../../shell/queries'
import { TAGS } from './api'

/** What a frame does to tags on the screen; those of a conversation come with its head. */
export const tagHandlers: Handlers = {
  stale: ({ topic }) => {
    if (topic === TAGS) void queriesOf()?.invalidateQueries({ queryKey: [TAGS] })
  },
}
