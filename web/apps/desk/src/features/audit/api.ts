import {
  auditCancelExport,
  auditCheck,
  auditExport,
  auditExportFile,
  auditHead,
  auditKeep,
  auditListEntries,
  auditListExports,
  auditRemoveExport,
  auditSettings,
  type AuditExport,
  type AuditExports,
  type AuditKeeping,
  type ChainCheck,
  type ChainFault,
  type ChainHead,
  type EntryView,
} from '@kezhan/api'
import { keepPreviousData, useInfiniteQuery, useQuery, type UseInfiniteQueryReturnType, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { take } from '../../call'
import { sentOf, type Asked } from './asked'

export const EXPORTS = 'audit exports'
export const KEEPING = 'audit keeping'
const PAGE = 50
const BEAT_MS = 1000

interface Page {
  items: EntryView[]
  next?: string | null
}

export function useEntries(asked: Ref<Asked>): UseInfiniteQueryReturnType<{ pages: Page[] }, Error> {
  const sent = computed(() => sentOf(asked.value))
  return useInfiniteQuery({
    queryKey: ['audit', sent],
    queryFn: ({ signal, pageParam }): Promise<Page> => take(auditListEntries({ query: { ...sent.value, after: pageParam, limit: PAGE }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (page: Page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  }) as UseInfiniteQueryReturnType<{ pages: Page[] }, Error>
}

const isBusy = ({ state }: AuditExport): boolean => state === 'waiting' || state === 'running'

/** The reader's exports, read again while one is at work. */
export function useExports(enabled: () => boolean): UseQueryReturnType<AuditExports, Error> {
  return useQuery<AuditExports>({
    queryKey: [EXPORTS],
    queryFn: () => take(auditListExports()),
    refetchInterval: ({ state }) => (state.data?.items.some(isBusy) ? BEAT_MS : false),
    enabled,
  })
}

export const startExport = (asked: Asked, form: 'csv' | 'xlsx'): Promise<AuditExport> => take(auditExport({ body: { question: sentOf(asked), form } }))

const at = (export_id: string): { path: { export_id: string } } => ({ path: { export_id } })
export const exportActs = {
  cancel: (id: string): Promise<unknown> => take(auditCancelExport(at(id))),
  remove: (id: string): Promise<unknown> => take(auditRemoveExport(at(id))),
  address: async (id: string): Promise<string> => (await take(auditExportFile(at(id)))).url,
}

export const useKeeping = (enabled: () => boolean): UseQueryReturnType<AuditKeeping, Error> =>
  useQuery<AuditKeeping>({ queryKey: [KEEPING], queryFn: () => take(auditSettings()), enabled })
export const keep = (keep_days: number | null): Promise<AuditKeeping> => take(auditKeep({ body: { keep_days } }))

export const readHead = (): Promise<ChainHead> => take(auditHead())

export interface Checked {
  checked: number
  total: number
  faults: ChainFault[]
}

/** Goes along the whole chain, and tells how far after each step. Ends early where `going` says no. */
export async function check(head: ChainHead | null, tell: (so: Checked) => void, going: () => boolean): Promise<void> {
  const so: Checked = { checked: 0, total: 0, faults: [] }
  let after: string | null = null
  do {
    const step: ChainCheck = await take(auditCheck({ body: { after, head } }))
    Object.assign(so, { checked: step.checked, total: step.total, faults: [...so.faults, ...step.faults] })
    tell({ ...so })
    after = step.next ?? null
  } while (after && going())
}
