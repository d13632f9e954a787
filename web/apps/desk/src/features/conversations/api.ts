import {
  channelsResend,
  conversationsAssign,
  conversationsBlock,
  conversationsBlockIdentity,
  conversationsClose,
  conversationsCount,
  conversationsGet,
  conversationsGetRow,
  conversationsLinks,
  conversationsMarkSpam,
  conversationsList,
  conversationsOfContact,
  conversationsOlder,
  conversationsPark,
  conversationsGetDraft,
  conversationsPutDraft,
  conversationsPutWrapUp,
  conversationsRelease,
  conversationsReopen,
  conversationsUnblock,
  conversationsUnblockIdentity,
  conversationsWrittenDown,
  conversationsUnmarkSpam,
  conversationsWake,
  conversationsWrapUp,
  type Assignment,
  type BlockIn,
  type DraftIn,
  type DraftView,
  type Links,
  type ListName,
  type ListRow,
  type Message,
  type Snapshot,
  type WrittenDown,
  type WrapUpIn,
  type WrapUpView,
} from '@kezhan/api'
import { useQuery, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { take } from '../../call'

const PAGE = 50
export const LINKS = 'conversation links'
export const WRAP_UP = 'conversation wrap-up'

interface Page<T> {
  items: T[]
  next?: string | null
}

const at = (id: string): { path: { conversation_id: string } } => ({ path: { conversation_id: id } })

export const readList = (name: ListName, after: string | null): Promise<Page<ListRow>> =>
  take(conversationsList({ query: { name, after, limit: PAGE } }))

export const readCounts = (): Promise<Record<string, number>> => take(conversationsCount())

export const readRow = (id: string): Promise<ListRow> => take(conversationsGetRow(at(id)))

export const readSnapshot = (id: string): Promise<Snapshot> => take(conversationsGet(at(id)))

export const readOlder = (id: string, before: number, limit = PAGE): Promise<Page<Message>> =>
  take(conversationsOlder({ ...at(id), query: { before, limit } }))

export const readOfContact = (contact_id: string): Promise<ListRow[]> =>
  take(conversationsOfContact({ path: { contact_id } }))

/** What a customer and we have talked about on every channel, the newest first. */
export function useOfContact(contact: MaybeRefOrGetter<string>): UseQueryReturnType<ListRow[], Error> {
  const queryKey = computed(() => ['contact', toValue(contact), 'conversations'])
  return useQuery({ queryKey, queryFn: () => readOfContact(toValue(contact)) })
}

/** What was written down at the end of each of them. */
export function useWrittenDown(contact: MaybeRefOrGetter<string>, enabled: MaybeRefOrGetter<boolean>): UseQueryReturnType<WrittenDown[], Error> {
  const queryKey = computed(() => ['contact', toValue(contact), 'wrap-ups'])
  return useQuery({ queryKey, queryFn: async () => (await take(conversationsWrittenDown({ path: { contact_id: toValue(contact) } }))).items, enabled })
}

/** What is before and after a conversation of the same customer. */
export function useLinks(conversation: MaybeRefOrGetter<string>): UseQueryReturnType<Links, Error> {
  const queryKey = computed(() => [LINKS, toValue(conversation)])
  return useQuery({ queryKey, queryFn: () => take(conversationsLinks(at(toValue(conversation)))) })
}

/** What is asked at the end of a conversation, and what was answered. */
export function useWrapUp(conversation: MaybeRefOrGetter<string>, wanted: MaybeRefOrGetter<boolean>): UseQueryReturnType<WrapUpView, Error> {
  const queryKey = computed(() => [WRAP_UP, toValue(conversation)])
  return useQuery({ queryKey, enabled: () => toValue(wanted), queryFn: () => readWrapUp(toValue(conversation)) })
}

export const readWrapUp = (id: string): Promise<WrapUpView> => take(conversationsWrapUp(at(id)))

export const putWrapUp = (id: string, filled: WrapUpIn): Promise<unknown> => take(conversationsPutWrapUp({ ...at(id), body: filled }))

/** To a colleague or to a team's queue; without either the caller takes it herself. */
export const assign = (id: string, to: Assignment = {}): Promise<unknown> => take(conversationsAssign({ ...at(id), body: to }))

/** `seen`: who has it as far as one knows; refused where that is no longer so. */
export const release = (id: string, seen?: string): Promise<unknown> => take(conversationsRelease({ ...at(id), query: { seen } }))

/** Put aside until then, or until the customer speaks: it takes no room on the seat meanwhile. */
export const park = (id: string, until: string | null): Promise<unknown> => take(conversationsPark({ ...at(id), body: { until } }))

export const wake = (id: string): Promise<unknown> => take(conversationsWake(at(id)))

export const close = (id: string, filled: WrapUpIn | null = null): Promise<unknown> =>
  take(conversationsClose({ ...at(id), body: filled }))

export const reopen = (id: string): Promise<unknown> => take(conversationsReopen(at(id)))

/** No customer's: it ends, and leaves every list but that of spam. */
export const markSpam = (id: string): Promise<unknown> => take(conversationsMarkSpam(at(id)))

export const unmarkSpam = (id: string): Promise<unknown> => take(conversationsUnmarkSpam(at(id)))

/** What she writes disturbs nobody from now on. */
export const block = (contact_id: string, form: BlockIn): Promise<unknown> => take(conversationsBlock({ path: { contact_id }, body: form }))

/** One identity of a customer alone. */
export const blockIdentity = (identity_id: string, form: BlockIn): Promise<unknown> => take(conversationsBlockIdentity({ path: { identity_id }, body: form }))

export const unblockIdentity = (identity_id: string): Promise<unknown> => take(conversationsUnblockIdentity({ path: { identity_id } }))

export const unblock = (contact_id: string): Promise<unknown> => take(conversationsUnblock({ path: { contact_id } }))

export const readDraft = (id: string): Promise<DraftView> => take(conversationsGetDraft(at(id)))

export const putDraft = (id: string, body: DraftIn): Promise<DraftView> => take(conversationsPutDraft({ ...at(id), body }))

/** A message that has not reached its customer goes out again. */
export const resend = (id: string, seq: number): Promise<unknown> => take(channelsResend({ path: { conversation_id: id, seq } }))
