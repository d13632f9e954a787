import type { Personal } from '@kezhan/api'
import { useToast } from '@nuxt/ui/composables'
import { said } from '../../call'
import { usePersonal } from './personal'

interface Change {
  change: (more: Partial<Personal>) => Promise<void>
  quietFor: (minutes: number) => void
  quietUntilMorning: () => void
}

/** Changes what is the reader's own; what could not be kept is said. */
export function useChange(): Change {
  const personal = usePersonal()
  const toast = useToast()
  const change = (more: Partial<Personal>): Promise<void> =>
    personal.change(more).catch((fault: unknown) => void toast.add({ title: said(fault), color: 'error', icon: 'i-lucide-circle-alert' }))
  const until = (at: Date): void => void change({ quiet_until: at.toISOString() })
  return {
    change,
    quietFor: (minutes) => until(new Date(Date.now() + minutes * 60_000)),
    quietUntilMorning: () => {
      const now = new Date()
      until(new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, 8))
    },
  }
}
