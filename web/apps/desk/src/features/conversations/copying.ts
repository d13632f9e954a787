import type { ReachView } from '@kezhan/api'
import { useQuery } from '@tanstack/vue-query'
import { useLocalStorage } from '@vueuse/core'
import { computed, type ComputedRef } from 'vue'
import { useSession } from '../workspaces'
import { reachKey } from './reach'

export const MOST_COPIES = 10
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const ADDRESS = new RegExp(`^[a-z0-9!#$%&'*+/=?^_\`{|}~-]+(?:\\.[a-z0-9!#$%&'*+/=?^_\`{|}~-]+)*@${LABEL}(?:\\.${LABEL})+$`)

/** The address as it is written to; null where it is none. */
export function addressIn(text: string): string | null {
  const found = text.trim().toLowerCase()
  return found.length <= 200 && ADDRESS.test(found) ? found : null
}

export interface Copying {
  /** Who else gets the reply; null where the channel sends no copies. */
  list: ComputedRef<string[] | null>
  put: (list: string[]) => void
  /** The next reply begins with those its mail proposes. */
  clear: () => void
  /** What a reply says of it. */
  more: () => { copies?: string[] }
}

/** Copies of what is being written in a conversation: those the customer's last mail proposes, as far as `useReach` has
 *  asked, until somebody chooses; a choice is kept on this device until the reply has gone. */
export function useCopying(id: () => string): Copying {
  const chosen = useLocalStorage<Record<string, string[]>>(`kz.copies.${useSession().me?.id ?? ''}`, {})
  const { data } = useQuery<ReachView>({ queryKey: computed(() => reachKey(id())), enabled: false })
  const list = computed(() => (data.value?.copies ? (chosen.value[id()] ?? data.value.copies) : null))
  return {
    list,
    put: (now) => (chosen.value = { ...chosen.value, [id()]: now }),
    clear: () => {
      chosen.value = Object.fromEntries(Object.entries(chosen.value).filter(([one]) => one !== id()))
    },
    more: () => (list.value?.length ? { copies: list.value } : {}),
  }
}
