import type { Saving } from '@kezhan/ui/saving.ts'
import { reactive } from 'vue'
import { said } from '../../call'

/** How the keeping of one field stands. */
export interface Kept {
  state: Saving
  fault: string
  /** Keep it; what stands against it is told in `fault`. */
  keep(save: () => Promise<unknown>): Promise<void>
  calm(): void
}

export function useKept(): Kept {
  const kept: Kept = reactive({
    state: 'calm',
    fault: '',
    async keep(save) {
      kept.state = 'saving'
      kept.fault = ''
      try {
        await save()
        kept.state = 'saved'
        setTimeout(() => kept.state === 'saved' && (kept.state = 'calm'), 2000)
      } catch (thrown) {
        kept.state = 'failed'
        kept.fault = said(thrown)
      }
    },
    calm() {
      kept.state = 'calm'
      kept.fault = ''
    },
  })
  return kept
}
