import { useI18n } from 'vue-i18n'
import { glyphOf } from '../channels'
import { useNaming } from '../conversations'
import { sizeOf } from '../files'
import type { Found } from './api'

type Span = [number, number]

/** A hit as a row shows it. */
export interface Row {
  key: string
  to: { path: string; query: Record<string, string> }
  face: { id: string; name: string }
  glyph?: string
  icon?: string
  title: string
  titleMatches: Span[]
  text: string
  matches: Span[]
  meta: string[]
  at: string
}

const mediaIcons: Record<string, string> = { image: 'i-lucide-image', audio: 'i-lucide-audio-lines', video: 'i-lucide-video' }

/** Where the search has been: a conversation that was opened from it shows the way back. */
export const FROM = { hit: '1' }

export function useRows(): (found: Found) => Row {
  const { t } = useI18n()
  const naming = useNaming()

  return (found) => {
    if (found.is === 'person') {
      const { contact } = found
      const name = contact.name || t('desk.visitor', { number: contact.number })
      return {
        key: `person ${contact.id}`, to: { path: `/contacts/${contact.id}`, query: {} }, face: { id: contact.id, name: contact.name }, title: name,
        titleMatches: contact.name ? found.name_matches : [], text: found.snippet || [contact.phone, contact.email].filter(Boolean).join(' · ') || t('desk.contact.number', { number: contact.number }),
        matches: found.snippet ? found.matches : [], meta: contact.tier ? [contact.tier] : [], at: contact.created_at,
      }
    }
    const { head } = found
    const customer = naming.customer(head)
    const talk = {
      face: { id: head.contact_id, name: head.contact_name }, glyph: glyphOf(head.channel), title: customer, titleMatches: [] as Span[], matches: found.matches, at: found.at,
    }
    const to = { path: `/conversations/all/${head.id}`, query: { ...FROM } as Record<string, string> }
    const served = head.assignee_name ? [t('desk_search.servedBy', { name: head.assignee_name })] : []
    // messages: desk_search.state.*
    if (found.is === 'conversation') return { ...talk, key: `talk ${head.id}`, to, text: found.snippet || t('desk_search.silent'), meta: [t(`desk_search.state.${head.state}`), ...served] }
    to.query.seq = String(found.seq)
    const author = found.author.kind === 'visitor' ? customer : (found.author.name || t('desk.message.automatic'))
    const key = `${found.is} ${head.id} ${found.seq}`
    if (found.is === 'message') return { ...talk, key, to, text: found.snippet, meta: [...(found.kind === 'note' ? [t('desk_search.note')] : []), ...(author === customer ? [] : [author]), ...served.filter(() => author === customer)] }
    const { name, media_type, size } = found.file
    return { ...talk, key, to, icon: mediaIcons[media_type.split('/')[0] ?? ''] ?? 'i-lucide-file-text', title: name, titleMatches: found.matches, text: t('desk_search.sentBy', { name: author }), matches: [], meta: [sizeOf(size)] }
  }
}
