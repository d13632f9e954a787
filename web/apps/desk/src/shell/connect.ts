import { queriesOf } from './queries'
import { resumeConversations, useLists, useThreads } from '../features/conversations'
import { line, resumeFollowing } from '../features/realtime'
import { forgetReception, resumeReception } from '../features/routing'
import { forgetStaff, resumeStaff } from '../features/staffchat'
import { useViewLists } from '../features/views/store'
import { useSession } from '../features/workspaces'
import { dispatch } from '../live'
import { router } from '../router'

let listening = false
let wasOpen = false
// Not all desks of a house ask for everything in one moment.
const SPREAD_MS = 2000

/** Opens the line of the signed-in agent. */
export function enterDesk(): void {
  line.onFrame = (event) => dispatch(event)
  line.onOpen = resume
  line.onDoubt = () => void checkSession()
  // A line that begins has missed nothing.
  if (line.state.value === 'idle' || line.state.value === 'over') wasOpen = false
  line.start()
  if (listening) return
  listening = true
  addEventListener('online', () => line.hurry())
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') line.hurry()
  })
}

function resume(): void {
  // What was told while the line was down was told to nobody.
  if (wasOpen) {
    void useSession().refresh()
    const queries = queriesOf()
    setTimeout(() => void queries?.invalidateQueries(), SPREAD_MS * Math.random())
    void useViewLists().onStale()
  }
  wasOpen = true
  resumeConversations()
  resumeFollowing()
  resumeStaff()
  void resumeReception()
}

async function checkSession(): Promise<void> {
  const signedIn = await useSession().check().catch(() => true)
  if (!signedIn) leaveDesk(true)
}

/** Closes the line and forgets what was shown; `back`: come back to this page after signing in again. */
export function leaveDesk(back: boolean): void {
  line.stop()
  wasOpen = false
  useSession().forget()
  useLists().forget()
  useThreads().forget()
  useViewLists().forget()
  forgetReception()
  forgetStaff()
  queriesOf()?.clear()
  const { fullPath, meta } = router.currentRoute.value
  if (!meta.door) void router.push({ name: 'sign-in', query: back ? { to: fullPath, over: '1' } : {} })
}
