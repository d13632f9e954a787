import type { QueryClient } from '@tanstack/vue-query'
import { Fault } from '../call'

const TRIES = 2

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
