import type { Head, Message } from '@kezhan/api'
import { useI18n } from 'vue-i18n'
import { useWhen } from '../../when'
import { glyphOf } from '../channels'

interface Naming {
  /** The customer's name, or visitor and number while she has none. */
  customer: (head: Pick<Head, 'contact_name' | 'contact_number'>) => string
  /** A message as one line of text. */
  gist: (message: Pick<Message, 'kind' | 'body' | 'payload' | 'recalled_at'>) => string
  /** The last line of a list row, with who spoke. */
  preview: (head: Head, memberId: string) => string
  event: (message: Message) => string
  glyph: (channel: string) => string
}

const EVENTS = new Set([
  'opened', 'taken', 'assigned', 'released', 'closed', 'reopened', 'routed', 'sent_to_team', 'unanswered', 'parked', 'woken', 'due', 'spam', 'not_spam', 'blocked', 'unblocked', 'check',
  'taken_over', 'transfer_offered', 'transfer_declined', 'transfer_missed', 'transfer_withdrawn', 'transfer_returned', 'invited', 'guest_left', 'guest_removed', 'supervised', 'supervision_ended', 'surveyed', 'survey_changed', 'scheduled_held', 'merged', 'merged_in', 'joined', 'parted', 'screened', 'flooding',
  'came_by_code', 'came_by_ad', 'came_by_link', 'came_by_door', 'chose_in_menu',
])
const PREVIEWS = new Set(['image', 'file', 'recalled', 'unsupported'])

/** How conversations and what is in them are called. */
export function useNaming(): Naming {
  const { t } = useI18n()
  const when = useWhen()

  function gist({ kind, body, payload, recalled_at }: Parameters<Naming['gist']>[0]): string {
    if (recalled_at) return t('desk.preview.recalled')
    if (payload?.is === 'file') return `${kind === 'image' ? t('desk.preview.image') : t('desk.preview.file')} ${payload.name}`
    return body || t('desk.preview.unsupported')
  }

  // messages: conversations.event.*, desk.preview.*
  function preview({ preview: last, assignee_id, assignee_name }: Head, memberId: string): string {
    const text = last.text || (PREVIEWS.has(last.kind) ? t(`desk.preview.${last.kind}`) : '')
    if (last.author === 'system' && text) return t('desk.preview.said', { who: t('desk.message.automatic'), text })
    if (last.author !== 'agent' || !text) return text
    const who = assignee_id === memberId || !assignee_name ? t('desk.preview.me') : assignee_name
    return t('desk.preview.said', { who, text })
  }

  return {
    gist,
    preview,
    customer: ({ contact_name, contact_number }) => contact_name || t('desk.visitor', { number: contact_number }),
    event: ({ payload }) => {
      if (payload?.is !== 'event') return ''
      const { event, actor = '', target = '', reason = '', until } = payload
      if (event === 'transfer_declined' && reason) return t('conversations.event.transfer_declined_why', { actor, target, reason })
      // The house's own doing, and a customer's, have nobody to be named.
      if (!actor && event === 'closed') return t('conversations.event.closed_silent')
      if (!actor && event === 'reopened') return t('conversations.event.resumed')
      if (event === 'parked' && until) return t('conversations.event.parked_until', { actor, until: when.ahead(until) })
      return EVENTS.has(event) ? t(`conversations.event.${event}`, { actor, target, reason }) : event
    },
    glyph: glyphOf,
  }
}
