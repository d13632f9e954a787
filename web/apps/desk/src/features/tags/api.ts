import {
  conversationsPutTag,
  conversationsTakeTag,
  tagsArchive,
  tagsChange,
  tagsCreate,
  tagsList,
  tagsMerge,
  tagsOfContact,
  tagsPutOnContact,
  tagsRestore,
  tagsTakeOffContact,
  tagsUses,
  type Tag,
  type TagEdit,
  type TagForm,
  type TagList,
  type TagUse,
} from '@kezhan/api'
import { useQuery, useQueryClient, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { take } from '../../call'

/** The list that the server calls stale, and the key of all that is read of it. */
export const TAGS = 'tags'
const LIST = [TAGS, 'list']

export const useTags = (enabled: () => boolean = () => true): UseQueryReturnType<TagList, Error> =>
  useQuery({ queryKey: LIST, queryFn: () => take(tagsList()), staleTime: 60_000, enabled })

/** On how much each tag is, by its id. */
export const useTagUses = (): UseQueryReturnType<Record<string, TagUse>, Error> =>
  useQuery({ queryKey: [TAGS, 'uses'], queryFn: async () => Object.fromEntries((await take(tagsUses())).items.map((use) => [use.id, use])) })

/** The ids of what is on a contact, in the order in which it was put on. */
export function useContactTags(contact: MaybeRefOrGetter<string>): UseQueryReturnType<string[], Error> {
  const queryKey = computed(() => [TAGS, 'contact', toValue(contact)])
  return useQuery({ queryKey, queryFn: async () => (await take(tagsOfContact({ path: { contact_id: toValue(contact) } }))).ids })
}

/** What a conversation has comes back with its head. */
export const setOnConversation = async (conversation_id: string, tag_id: string, wanted: boolean): Promise<void> => {
  await take((wanted ? conversationsPutTag : conversationsTakeTag)({ path: { conversation_id, tag_id } }))
}

interface Keeping {
  create: (body: TagForm) => Promise<Tag>
  change: (tag_id: string, body: TagEdit) => Promise<Tag>
  archive: (tag_id: string, archived: boolean) => Promise<Tag>
  merge: (tag_id: string, into: string) => Promise<unknown>
  setOnContact: (contact_id: string, tag_id: string, wanted: boolean) => Promise<void>
}

export function useKeepTags(): Keeping {
  const queries = useQueryClient()
  const renewed = async <T>(done: Promise<T>): Promise<T> => {
    try {
      return await done
    } finally {
      await queries.invalidateQueries({ queryKey: [TAGS] })
    }
  }
  return {
    create: (body) => renewed(take(tagsCreate({ body }))),
    change: (tag_id, body) => renewed(take(tagsChange({ path: { tag_id }, body }))),
    archive: (tag_id, archived) => renewed(take((archived ? tagsArchive : tagsRestore)({ path: { tag_id } }))),
    merge: (tag_id, into) => renewed(take(tagsMerge({ path: { tag_id }, body: { into } }))),
    setOnContact: async (contact_id, tag_id, wanted) => {
      const { ids } = await take((wanted ? tagsPutOnContact : tagsTakeOffContact)({ path: { contact_id, tag_id } }))
      queries.setQueryData([TAGS, 'contact', contact_id], ids)
    },
  }
}
