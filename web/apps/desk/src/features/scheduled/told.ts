import type { EventOf } from '@kezhan/api'
import { useToast } from '@nuxt/ui/composables'
import { createApp } from 'vue'
import { i18n } from '../../i18n'
import { useSession } from '../workspaces'

/** Tells the writer that one of hers was not sent, wherever she is, with the way there. */
export function tell({ conversation_id, member_id }: EventOf<'scheduled'>): void {
  if (useSession().me?.id !== member_id) return
  const { t } = i18n.global
  const open = { label: t('desk_later.told.open'), to: `/conversations/all/${conversation_id}` }
  // Frames come outside of any component; toasts are the same for whoever asks.
  const toast = createApp({}).runWithContext(useToast)
  // One for each conversation: she may hear of it by two topics.
  toast.add({ id: `scheduled-${conversation_id}`, title: t('desk_later.told.held'), color: 'warning', icon: 'i-lucide-clock-alert', actions: [open] })
}
