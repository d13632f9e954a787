import type { Saving } from '@kezhan/ui/saving.ts'
import { computed, ref, watch, type ComputedRef, type Ref } from 'vue'
import { Fault, said } from './call'

interface Sending {
  /** Whether what is written differs from what is stored. */
  dirty: ComputedRef<boolean>
  state: Ref<Saving>
  /** Of the whole form. */
  fault: Ref<string>
  /** By field: what stands beside it. */
  faults: Ref<Record<string, string>>
  /** What is written now is what is stored; nothing is wrong with it. */
  settle: () => void
  /** Its answer; null where it was refused or is already under way. What is written meanwhile stays to be saved. */
  send: <T>(what: () => Promise<T>) => Promise<T | null>
}

/** A form that is saved as a whole. `content` is all of it; `beside` names the field a refusal stands beside, from the
 *  server's name of it, and nothing where it is the whole form's. */
export function useSaving(content: () => unknown, beside: (field: string) => string | undefined): Sending {
  const picture = computed(() => JSON.stringify(content()))
  const stored = ref(picture.value)
  const dirty = computed(() => picture.value !== stored.value)
  const state = ref<Saving>('calm')
  const fault = ref('')
  const faults = ref<Record<string, string>>({})

  function settle(): void {
    stored.value = picture.value
    fault.value = ''
    faults.value = {}
    if (state.value === 'failed') state.value = 'calm'
  }
  watch(dirty, (now) => {
    if (now && state.value !== 'saving') state.value = 'calm'
  })

  async function send<T>(what: () => Promise<T>): Promise<T | null> {
    if (state.value === 'saving') return null
    state.value = 'saving'
    fault.value = ''
    faults.value = {}
    const sent = picture.value
    try {
      const answer = await what()
      stored.value = sent
      state.value = dirty.value ? 'calm' : 'saved'
      return answer
    } catch (thrown) {
      state.value = 'failed'
      const place = thrown instanceof Fault && thrown.field ? beside(thrown.field) : undefined
      if (place) faults.value = { [place]: said(thrown) }
      else fault.value = said(thrown)
      return null
    }
  }
  return { dirty, state, fault, faults, settle, send }
}
