import type { Head, Message } from '@kezhan/api'
import { useI18n } from 'vue-i18n'

interface Naming {
  /** The customer's name, or visitor and number while she has none. */
  customer: (head: Pick<Head, 'contact_name' | 'contact_number'>) => string
  /** A message as one line of text. */
  gist: (message: Pick<Message, 'kind' | 'body' | 'payload' | 'recalled_at'>) => string
  /** The last line of a list row, with who spoke. */
  preview: (head: Head, memberId: string) => string
  event: (message: Message) => string
  glyph: (channel: string) => string
  channel: (channel: string) => string
}

const glyphs: Record<string, string> = { webchat: 'i-lucide-globe', open: 'i-lucide-plug' }
const EVENTS = new Set(['opened', 'taken', 'assigned', 'released', 'closed', 'reopened', 'routed', 'sent_to_team', 'unanswered', 'parked', 'woken'])
const CHANNELS = new Set(['webchat', 'open'])
const PREVIEWS = new Set(['image', 'file', 'recalled', 'unsupported'])

/** How conversations and what is in them are called. */
export function useNaming(): Naming {
  const { t } = useI18n()

  function gist({ kind, body, payload, recalled_at }: Parameters<Naming['gist']>[0]): string {
    if (recalled_at) return t('desk.preview.recalled')
    if (payload?.is === 'file') return `${kind === 'image' ? t('desk.preview.image') : t('desk.preview.file')} ${payload.name}`
    return body || t('desk.preview.unsupported')
  }

  // messages: conversations.event.*, desk.channel.*, desk.preview.*
  function preview({ preview: last, assignee_id, assignee_name }: Head, memberId: string): string {
    const text = last.text || (PREVIEWS.has(last.kind) ? t(`desk.preview.${last.kind}`) : '')
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
      const { event, actor = '', target = '' } = payload
      return EVENTS.has(event) ? t(`conversations.event.${event}`, { actor, target }) : event
    },
    glyph: (channel) => glyphs[channel] ?? 'i-lucide-message-circle',
    channel: (channel) => (CHANNELS.has(channel) ? t(`desk.channel.${channel}`) : channel),
  }
}
