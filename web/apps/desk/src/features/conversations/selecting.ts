import type { Message } from '@kezhan/api'
import { computed, reactive, type ComputedRef } from 'vue'

export const MOST = 20

/** Messages chosen to be forwarded, of one conversation. */
const chosen = reactive({ conversationId: '', seqs: new Set<number>() })

/** Whether it may be said to another customer: no note, nothing that has been taken back. */
export const forwardable = ({ kind, seq, recalled_at, payload }: Message): boolean =>
  seq > 0 && !recalled_at && ['text', 'image', 'file'].includes(kind) && payload?.is !== 'survey'

interface Selecting {
  on: ComputedRef<boolean>
  seqs: ReadonlySet<number>
  begin: (seq: number) => void
  turn: (seq: number) => void
  end: () => void
}

export function useSelecting(conversationId: () => string): Selecting {
  return {
    on: computed(() => chosen.conversationId === conversationId()),
    seqs: chosen.seqs,
    begin: (seq) => {
      chosen.conversationId = conversationId()
      chosen.seqs.clear()
      chosen.seqs.add(seq)
    },
    turn: (seq) => {
      if (!chosen.seqs.delete(seq) && chosen.seqs.size < MOST) chosen.seqs.add(seq)
    },
    end: () => {
      chosen.conversationId = ''
      chosen.seqs.clear()
    },
  }
}
