import { computed, type ComputedRef } from 'vue'
import { useSession } from '../workspaces'

/** The colour of a chat that has none of its own: its workspace's, else the house's. */
export function useAccent(): ComputedRef<string> {
  const session = useSession()
  return computed(() => session.me?.workspace.accent ?? '#1f5c4a')
}
