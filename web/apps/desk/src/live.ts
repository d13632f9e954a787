import type { EventOf, EventType, WorkspaceEvent } from '@kezhan/api'
import { channelHandlers } from './features/channels/live'
import { conversationHandlers } from './features/conversations/live'
import { visitorHandlers } from './features/proactive/live'
import { deviceHandlers } from './features/devices/live'
import { monitorHandlers } from './features/reports/live'
import { receptionHandlers } from './features/routing/live'
import { scheduledHandlers } from './features/scheduled/live'
import { staffHandlers } from './features/staffchat/live'
import { shieldHandlers } from './features/shield/live'
import { surveyHandlers } from './features/surveys/live'
import { hookHandlers } from './features/integrations/live'
import { tagHandlers } from './features/tags/live'
import { viewHandlers } from './features/views/live'
import { workspaceHandlers } from './features/workspaces/live'

export type Handlers = { [T in EventType]?: (event: EventOf<T>) => void }

/** THE dispatch table: each `features/<room>/live.ts` exports its handlers and stands here once. */
// Reception hears of a list's change before the lists do: it asks them what was there before.
const tables: Handlers[] = [receptionHandlers, conversationHandlers, visitorHandlers, monitorHandlers, channelHandlers, surveyHandlers, staffHandlers, tagHandlers, hookHandlers, shieldHandlers, viewHandlers, scheduledHandlers, deviceHandlers, workspaceHandlers]

/** Parts that come later than the first screen hear what the others have taken in already. */
export const hear = (handlers: Handlers): void => void tables.push(handlers)

/** Gives one event to every handler of its type; a type this build does not know is passed over. */
export function dispatch(event: WorkspaceEvent, listeners: readonly Handlers[] = tables): void {
  for (const handlers of listeners) {
    const handle = handlers[event.type] as ((event: WorkspaceEvent) => void) | undefined
    handle?.(event)
  }
}
