import { useStorage } from '@vueuse/core'
import { computed, type ComputedRef, type WritableComputedRef } from 'vue'
import { useSession } from '../workspaces'

/** The sign of each part of what is known of a customer. */
export const paneIcons: Readonly<Record<string, string>> = {
  customer: 'i-lucide-contact-round',
  list: 'i-lucide-list',
  history: 'i-lucide-history',
  media: 'i-lucide-images',
  timeline: 'i-lucide-milestone',
  notes: 'i-lucide-notebook-pen',
  orders: 'i-lucide-shopping-bag',
  why: 'i-lucide-route',
}

/** Which part is open, as this person has left it; the first one where hers is not offered. */
export function usePane(place: string, offered: ComputedRef<readonly string[]>): WritableComputedRef<string> {
  const session = useSession()
  const left = useStorage(`kz.pane.${place}.${session.me?.id ?? ''}`, offered.value[0] ?? '')
  return computed({
    get: () => (offered.value.includes(left.value) ? left.value : (offered.value[0] ?? '')),
    set: (name) => (left.value = name),
  })
}
