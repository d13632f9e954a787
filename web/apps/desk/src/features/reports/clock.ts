import { useNow } from '@vueuse/core'
import type { ComputedRef, Ref } from 'vue'
import { computed } from 'vue'
import { since } from './figures'

// Timers on the monitor move every few seconds: figures that tick all at once are not read.
const now = useNow({ interval: 5000 })

/** How long a moment has passed (ms), from one answer of the server to the next. */
export function useAge(at: Ref<string | undefined>, readAt: Ref<number>): ComputedRef<(moment: string | null | undefined) => number | null> {
  return computed(() => {
    const [said, read, at_] = [at.value, readAt.value, Math.max(now.value.getTime(), readAt.value)]
    return (moment) => (said ? since(moment, said, read, at_) : null)
  })
}
