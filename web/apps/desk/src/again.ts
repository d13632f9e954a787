import { onScopeDispose, watch } from 'vue'
import { line } from './features/realtime'
import { AGAIN_MS, passing } from './shell/queries'

/** While `wrong` gives what a read failed of, `read` is made again: when the line comes back, and with the line open
 *  as long as the fault is one that passes. Of a loader's own making, for what is not read by a query. */
export function useAgain(wrong: () => unknown, read: () => unknown): void {
  let due: ReturnType<typeof setTimeout> | undefined
  const open = (): boolean => line.state.value === 'open'

  function plan(pause: number): void {
    clearTimeout(due)
    // Spread, so that not all desks come at once.
    due = setTimeout(() => void ask(), pause * (1 + Math.random()))
  }
  async function ask(): Promise<void> {
    await read()
    if (open() && passing(0, wrong())) plan(AGAIN_MS)
  }
  watch([() => Boolean(wrong()), line.state], ([bad], [, before]) => {
    clearTimeout(due)
    if (!bad || !open()) return
    if (before !== 'open') plan(0)
    else if (passing(0, wrong())) plan(AGAIN_MS)
  })
  onScopeDispose(() => clearTimeout(due))
}
