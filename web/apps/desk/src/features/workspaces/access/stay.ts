import { workspacesStay } from '@kezhan/api'
import { useEventListener } from '@vueuse/core'
import { useSession } from '../session'

const EVERY_MS = 60_000

/** Where a session ends when nothing is done for so long: tells that she is at work, once a minute at most. A page that
 *  stands open and is told of messages does not. */
export function stayWhileActive(): void {
  const session = useSession()
  let told = Date.now()
  function stay(): void {
    if (!session.me?.idle_minutes || Date.now() - told < EVERY_MS) return
    told = Date.now()
    void workspacesStay()
  }
  useEventListener(window, ['pointerdown', 'keydown', 'wheel'], stay, { passive: true, capture: true })
}
