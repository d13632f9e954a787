import type { QueryClient } from '@tanstack/vue-query'
import { Fault } from '../call'
import { line } from '../features/realtime'

const TRIES = 2
/** After this time at the earliest what failed is read again by itself. */
export const AGAIN_MS = 5000

let held: QueryClient | null = null

/** The client whose answers belong to the person signed in. */
export const queriesOf = (): QueryClient | null => held

export function keepQueries(queries: QueryClient): QueryClient {
  held = queries
  return queries
}

/** Whether a read that failed is asked again by itself: what shows already would otherwise stay as it was, with no
 *  word of it. What the server refuses for good is for the reader to see. */
export function passing(failures: number, fault: unknown): boolean {
  return failures < TRIES && fault instanceof Fault && (fault.status === 0 || fault.status === 429 || fault.status >= 502)
}

/** When a read that was given up is made again, false: not by itself. Without a line it is made when that is back. */
export function onceMore({ state }: { state: { error: unknown } }): number | false {
  return line.state.value === 'open' && passing(0, state.error) ? AGAIN_MS * (1 + Math.random()) : false
}
