import {
  channelsQuickReplies,
  channelsSuggestQuickReplies,
  channelsTakeQuickReply,
  quickGetSettings,
  quickList,
  quickPutSettings,
  quickUses,
  quickVariables,
  type FileLinked,
  type QuickOffer,
  type QuickReplyList,
  type QuickSettings,
  type QuickUse,
  type QuickVariable,
  type Scope,
} from '@kezhan/api'
import { useQuery, useQueryClient, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { take } from '../../call'
import type { Content } from '../cards'
import { upload } from '../files'

/** Whose quick replies: everybody's, a team's, one's own. */
export interface Place {
  scope: Scope
  team_id: string | null
}

/** What is ready to be said: its text filled, its files brought. */
export interface Taken {
  text: string
  missing: string[]
  files: File[]
  card: Content | null
  /** Where the card's picture can be seen. */
  picture: string
}

const at = (id: string): { path: { conversation_id: string } } => ({ path: { conversation_id: id } })

export const searchFor = async (id: string, q: string): Promise<QuickOffer[]> =>
  (await take(channelsQuickReplies({ ...at(id), query: { q } }))).items

/** What fits the customer's last message, or what she is typing. */
export const suggestFor = async (id: string, text: string): Promise<QuickOffer[]> =>
  (await take(channelsSuggestQuickReplies({ ...at(id), query: { text } }))).items

/** It counts as used. */
export async function takeReply(id: string, replyId: string): Promise<Taken> {
  const client_id = crypto.randomUUID()
  const { text, missing, files, card, image } = await take(channelsTakeQuickReply({ path: { conversation_id: id, reply_id: replyId }, body: { client_id } }))
  const bring = async ({ url, name, media_type }: FileLinked): Promise<File> => new File([await (await fetch(url)).blob()], name, { type: media_type })
  const brought = await Promise.all(files.map(bring))
  if (!card) return { text, missing, files: brought, card: null, picture: '' }
  // A picture belongs to one message: this one gets its own.
  const own = image ? await upload(await bring(image), () => undefined, new AbortController().signal) : null
  const content = { card: card.card && own && card.card.is !== 'order' ? { ...card.card, image: own.id } : (card.card ?? null), buttons: card.buttons ?? [] }
  return { text, missing, files: brought, card: content, picture: own?.thumbnail_url ?? '' }
}

export function useReplies(place: Ref<Place>, enabled: Ref<boolean>): UseQueryReturnType<QuickReplyList, Error> {
  const queryKey = computed(() => ['quick', 'list', place.value.scope, place.value.team_id])
  return useQuery({ queryKey, queryFn: () => take(quickList({ query: place.value })), enabled })
}

export function useVariables(): UseQueryReturnType<QuickVariable[], Error> {
  const { locale } = useI18n()
  const queryKey = computed(() => ['quick', 'variables', locale.value])
  return useQuery({ queryKey, queryFn: async () => (await take(quickVariables())).items, staleTime: Infinity })
}

export function useUses(id: Ref<string>): UseQueryReturnType<QuickUse[], Error> {
  const queryKey = computed(() => ['quick', 'uses', id.value])
  const queryFn = async (): Promise<QuickUse[]> => (await take(quickUses({ path: { reply_id: id.value } }))).items
  return useQuery({ queryKey, queryFn, enabled: computed(() => id.value !== '') })
}

interface Settings {
  query: UseQueryReturnType<QuickSettings, Error>
  put: (settings: QuickSettings) => Promise<void>
}

export function useQuickSettings(): Settings {
  const queries = useQueryClient()
  const queryKey = ['quick', 'settings']
  return {
    query: useQuery({ queryKey, queryFn: () => take(quickGetSettings()), staleTime: Infinity }),
    put: async (settings) => {
      queries.setQueryData(queryKey, await take(quickPutSettings({ body: settings })))
    },
  }
}

/** Everything about quick replies is read anew. */
export function useRenewReplies(): () => Promise<void> {
  const queries = useQueryClient()
  return () => queries.invalidateQueries({ queryKey: ['quick'] })
}
