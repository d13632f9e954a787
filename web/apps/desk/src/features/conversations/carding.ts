import { shallowRef } from 'vue'
import { draftOf, type Content, type Draft, type Kind } from '../cards'

/** A card about to be sent. */
export interface Offered {
  key: number
  conversationId: string
  words: string
  draft: Draft
  /** Of this kind alone. */
  fixed: boolean
}

export const offered = shallowRef<Offered | null>(null)
let count = 0

/** Opens the card of a conversation to be written, `content` in it. */
export function offerCard(conversationId: string, words = '', content: Partial<Content> | null = null, picture = ''): void {
  offered.value = { key: (count += 1), conversationId, words, draft: draftOf(content, picture), fixed: false }
  if (!content) offered.value.draft.kind = 'product'
}

/** A place or a person, and nothing else. */
export function offerKind(conversationId: string, kind: Kind): void {
  offerCard(conversationId)
  offered.value = { ...offered.value!, draft: { ...offered.value!.draft, kind }, fixed: true }
}
