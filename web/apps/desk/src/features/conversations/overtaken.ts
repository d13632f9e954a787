import type { Message } from '@kezhan/api'
import { computed, shallowRef, watch, type ComputedRef } from 'vue'
import { useSession } from '../workspaces'
import type { Open } from './threads'

interface Overtaken {
  /** What a colleague has answered while the reader was writing, the newest of it. */
  reply: ComputedRef<Message | null>
  dismiss: () => void
}

/** Hears of a colleague's reply that comes while something is being written into `open`. */
export function useOvertaken(open: () => Open, writing: () => boolean): Overtaken {
  const session = useSession()
  const found = shallowRef<Message | null>(null)
  const isReply = ({ kind, author }: Message): boolean => author.kind === 'agent' && author.id !== session.me?.id && kind !== 'note' && kind !== 'event'

  watch(
    () => open().thread?.messages.at(-1)?.seq ?? 0,
    (seq, before) => {
      if (!before || !writing()) return
      found.value = open().thread?.messages.findLast((message) => message.seq > before && message.seq <= seq && isReply(message)) ?? found.value
    },
  )
  watch(writing, (yes) => {
    if (!yes) found.value = null
  })

  return {
    reply: computed(() => found.value),
    dismiss: () => {
      found.value = null
    },
  }
}
