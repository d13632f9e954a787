import type { BulkForm, BulkView, ListName } from '@kezhan/api'
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { defineStore } from 'pinia'
import { computed, ref, type ComputedRef, type Ref } from 'vue'
import { BULK, beginAct, cancelAct, lookAct, undoAct } from './api'
import { isView, viewIdOf } from './names'
import { usePicked } from './picked'

export type Wish = Pick<BulkForm, 'act' | 'member_id' | 'team_id' | 'until' | 'tag_id'>

/** The act on many that was asked for last, in this browser. */
export const useBulkAct = defineStore('bulk act', () => {
  const id = ref('')
  return { id }
})

export const isUnderWay = ({ state }: BulkView): boolean => state === 'running' || state === 'undoing'

interface Bulk {
  act: ComputedRef<BulkView | undefined>
  /** Asks for it; what was chosen is not chosen any more. */
  begin: (wish: Wish) => Promise<void>
  cancel: () => Promise<void>
  undo: () => Promise<void>
  dismiss: () => void
  busy: Ref<boolean>
}

const BEAT_MS = 2000

export function useBulk(): Bulk {
  const queries = useQueryClient()
  const picked = usePicked()
  const asked = useBulkAct()
  const busy = ref(false)
  const key = computed(() => [BULK, asked.id])
  const { data } = useQuery({
    queryKey: key,
    queryFn: () => lookAct(asked.id),
    enabled: () => asked.id !== '',
    // Should the word that it has moved be lost.
    refetchInterval: ({ state }) => (state.data && isUnderWay(state.data) ? BEAT_MS : false),
  })

  async function ask(what: () => Promise<BulkView>): Promise<void> {
    busy.value = true
    try {
      const act = await what()
      asked.id = act.id
      queries.setQueryData([BULK, act.id], act)
    } finally {
      busy.value = false
    }
  }

  /** The names of the lists are words of the server; a view goes by its id. */
  function chosen(): Pick<BulkForm, 'ids' | 'view_id' | 'list'> {
    if (!picked.all) return { ids: [...picked.ids] }
    return isView(picked.list) ? { view_id: viewIdOf(picked.list) } : { list: picked.list as ListName }
  }

  return {
    act: computed(() => (asked.id ? data.value : undefined)),
    busy,
    begin: async (wish) => {
      const body = { client_id: crypto.randomUUID(), ...wish, ...chosen() }
      await ask(() => beginAct(body))
      picked.clear()
    },
    cancel: () => ask(() => cancelAct(asked.id)),
    undo: () => ask(() => undoAct(asked.id)),
    dismiss: () => (asked.id = ''),
  }
}
