import {
  searchCancelExport,
  searchEverything,
  searchExport,
  searchExportFile,
  searchKind,
  searchListExports,
  searchRemoveExport,
  type Exports,
  type ExportView,
  type Group,
  type Groups,
} from '@kezhan/api'
import { keepPreviousData, useInfiniteQuery, useQuery, type UseInfiniteQueryReturnType, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { take } from '../../call'
import { questionOf, sentOf, type Asked, type Kind } from './question'

export const EXPORTS = 'search exports'
const SEARCH = 'search'
const PAGE = 30
const BEAT_MS = 1000

export type Found = Group['items'][number]
interface Page {
  items: Found[]
  next?: string | null
}

/** The first hits of each kind. A question that is asked while another is under way ends that one. */
export function useEverything(asked: Ref<Asked>): UseQueryReturnType<Groups, Error> {
  const sent = computed(() => sentOf(asked.value))
  return useQuery<Groups>({
    queryKey: [SEARCH, 'all', sent],
    queryFn: ({ signal }) => take(searchEverything({ query: sent.value, signal })),
    enabled: () => !asked.value.kind && sent.value.q !== '',
    placeholderData: keepPreviousData,
    retry: false,
  })
}

/** All hits of one kind, page by page. */
export function useKind(asked: Ref<Asked>): UseInfiniteQueryReturnType<{ pages: Page[] }, Error> {
  const sent = computed(() => sentOf(asked.value))
  const kind = computed(() => asked.value.kind)
  return useInfiniteQuery({
    queryKey: [SEARCH, kind, sent],
    queryFn: ({ signal, pageParam }): Promise<Page> =>
      take(searchKind({ path: { kind: kind.value }, query: { ...sent.value, after: pageParam, limit: PAGE }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (page: Page) => page.next ?? undefined,
    enabled: () => Boolean(kind.value) && sent.value.q !== '',
    retry: false,
  }) as UseInfiniteQueryReturnType<{ pages: Page[] }, Error>
}

const isBusy = ({ state }: ExportView): boolean => state === 'waiting' || state === 'running'

/** The reader's exports, read again while one is at work. */
export function useExports(enabled: () => boolean): UseQueryReturnType<Exports, Error> {
  return useQuery<Exports>({
    queryKey: [EXPORTS],
    queryFn: () => take(searchListExports()),
    refetchInterval: ({ state }) => (state.data?.items.some(isBusy) ? BEAT_MS : false),
    enabled,
  })
}

export const startExport = (kind: Kind, asked: Asked): Promise<ExportView> => take(searchExport({ body: { kind, question: questionOf(asked) } }))

const at = (export_id: string): { path: { export_id: string } } => ({ path: { export_id } })
export const exportActs = {
  cancel: (id: string): Promise<unknown> => take(searchCancelExport(at(id))),
  remove: (id: string): Promise<unknown> => take(searchRemoveExport(at(id))),
  address: async (id: string): Promise<string> => (await take(searchExportFile(at(id)))).url,
}
