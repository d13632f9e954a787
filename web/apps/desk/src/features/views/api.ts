import {
  segmentsWords,
  viewsAct,
  viewsArchive,
  viewsCancelAct,
  viewsChange,
  viewsConversations,
  viewsCount,
  viewsCreate,
  viewsGetAct,
  viewsList,
  viewsPreview,
  viewsPutOrder,
  viewsUndoAct,
  viewsWords,
  type BulkForm,
  type BulkView,
  type FilterWords,
  type ListRow,
  type View,
  type ViewEdit,
  type Filter,
  type ViewForm,
  type ViewList,
  type ViewSort,
} from '@kezhan/api'
import { useQuery, useQueryClient, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { take } from '../../call'

/** The list that the server calls stale, and the key of all that is read of it. */
export const VIEWS = 'views'
export const BULK = 'bulk'
export const COUNTS = [VIEWS, 'counts']
const LIST = [VIEWS, 'list']

export const readView = (view_id: string, sort: ViewSort, after: string | null, limit: number): Promise<{ items: ListRow[]; next?: string | null }> =>
  take(viewsConversations({ path: { view_id }, query: { sort, after, limit } }))

export function useViews(): UseQueryReturnType<ViewList, Error> {
  return useQuery({ queryKey: LIST, queryFn: () => take(viewsList()), staleTime: 30_000 })
}

/** How many are in each of these views, all of one moment. */
export function useViewCounts(ids: MaybeRefOrGetter<string[]>): UseQueryReturnType<Record<string, number | null>, Error> {
  const queryKey = computed(() => [...COUNTS, ...toValue(ids)])
  const queryFn = async (): Promise<Record<string, number | null>> =>
    Object.fromEntries((await take(viewsCount({ query: { ids: toValue(ids) } }))).items.map(({ id, count }) => [id, count]))
  return useQuery({ queryKey, queryFn, enabled: () => toValue(ids).length > 0, placeholderData: (before) => before })
}

/** What conditions can name; `people`: those of customers alone. */
export const useFilterWords = (people: boolean): UseQueryReturnType<FilterWords, Error> =>
  useQuery({ queryKey: [VIEWS, 'words', people], queryFn: () => take(people ? segmentsWords() : viewsWords()), staleTime: 60_000 })

/** How many a filter holds that is not kept yet. */
export const countFilter = async (body: Filter): Promise<number> => (await take(viewsPreview({ body }))).count

interface Keeping {
  create: (body: ViewForm) => Promise<View>
  change: (view_id: string, body: ViewEdit) => Promise<View>
  archive: (view_id: string) => Promise<void>
  order: (ids: string[]) => Promise<void>
}

export function useKeepView(): Keeping {
  const queries = useQueryClient()
  const renewed = async <T>(done: Promise<T>): Promise<T> => {
    try {
      return await done
    } finally {
      await queries.invalidateQueries({ queryKey: LIST })
    }
  }
  return {
    create: (body) => renewed(take(viewsCreate({ body }))),
    change: (view_id, body) => renewed(take(viewsChange({ path: { view_id }, body }))),
    archive: (view_id) => renewed(take(viewsArchive({ path: { view_id } }))),
    order: async (ids) => {
      queries.setQueryData<ViewList>(LIST, (before) => before && { ...before, items: ids.flatMap((id) => before.items.find((one) => one.id === id) ?? []) })
      await renewed(take(viewsPutOrder({ body: { ids } })))
    },
  }
}

export const beginAct = (body: BulkForm): Promise<BulkView> => take(viewsAct({ body }))
export const lookAct = (bulk_id: string): Promise<BulkView> => take(viewsGetAct({ path: { bulk_id } }))
export const cancelAct = (bulk_id: string): Promise<BulkView> => take(viewsCancelAct({ path: { bulk_id } }))
export const undoAct = (bulk_id: string): Promise<BulkView> => take(viewsUndoAct({ path: { bulk_id } }))
