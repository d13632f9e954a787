import { shallowRef } from 'vue'
import { draftOf, type Content, type Draft } from '../cards'

/** A card about to be sent. */
export interface Offered {
  key: number
  conversationId: string
  words: string
  draft: Draft
}

export const offered = shallowRef<Offered | null>(null)
let count = 0

/** Opens the card of a conversation to be written, `content` in it. */
export function offerCard(conversationId: string, words = '', content: Partial<Content> | null = null, picture = ''): void {
  offered.value = { key: (count += 1), conversationId, words, draft: draftOf(content, picture) }
  if (!content) offered.value.draft.kind = 'product'
}
