import { onBeforeUnmount } from 'vue'
import { line } from '../realtime'

const EVERY_MS = 2000
const QUIET_MS = 4000

interface SaysTyping {
  /** `note`: only colleagues are told. */
  typed: (note?: boolean) => void
  stopped: () => void
}

/** Tells the others that this agent is writing: at most every two seconds, and when she has stopped. */
export function useSaysTyping(conversationId: string): SaysTyping {
  let saidAt = 0
  let noted = false
  let quiet: ReturnType<typeof setTimeout> | undefined
  const say = (active: boolean): boolean => line.send({ type: 'typing', conversation_id: conversationId, active, ...(noted && { note: true }) })

  function stopped(): void {
    clearTimeout(quiet)
    if (saidAt) say(false)
    saidAt = 0
  }

  function typed(note = false): void {
    if (note !== noted) stopped()
    noted = note
    clearTimeout(quiet)
    quiet = setTimeout(stopped, QUIET_MS)
    const now = Date.now()
    if (now - saidAt < EVERY_MS) return
    if (say(true)) saidAt = now
  }

  onBeforeUnmount(stopped)
  return { typed, stopped }
}
