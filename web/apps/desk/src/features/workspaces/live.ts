import type { Handlers } from '../../live'
import { useSession } from './session'

/** The live list that is the workspace itself: its name, its settings, its looks. */
export const TOPIC = 'workspace'

export const workspaceHandlers: Handlers = {
  stale: ({ topic }) => {
    if (topic === TOPIC) void useSession().refresh()
  },
}
