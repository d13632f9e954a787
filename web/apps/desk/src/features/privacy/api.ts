import {
  privacyArchive,
  privacyAsk,
  privacyCancelExport,
  privacyCarryOut,
  privacyContact,
  privacyDone,
  privacyExport,
  privacyExportFile,
  privacyHold,
  privacyLiftHold,
  privacyListExports,
  privacyRecipients,
  privacyRefuse,
  privacyRemoveExport,
  privacyRequests,
  privacySaveSettings,
  privacySettings,
  privacyTryKeeping,
  type ContactPrivacy,
  type DueNow,
  type Keeping,
  type PageKezhanPrivacySchemasPrivacyRequest as PageRequests,
  type PrivacyRequest,
  type PrivacySettings,
  type Recipients,
  type RequestForm,
  type WorkspaceExport,
  type WorkspaceExports,
} from '@kezhan/api'
import { useInfiniteQuery, useQuery, useQueryClient, type InfiniteData, type UseInfiniteQueryReturnType, type UseQueryReturnType } from '@tanstack/vue-query'
import { take } from '../../call'

const PRIVACY = 'privacy'
const WORKING_MS = 2_000

export const works = ({ state }: PrivacyRequest): boolean => state === 'working'
export const isOpen = ({ state }: PrivacyRequest): boolean => state === 'open' || state === 'working'

/** What a customer has asked, and why nothing of her may be erased; looked at often while something is carried out. */
export const usePersonPrivacy = (contact: () => string): UseQueryReturnType<ContactPrivacy, Error> =>
  useQuery({
    queryKey: [PRIVACY, 'person', contact],
    queryFn: () => take(privacyContact({ path: { contact_id: contact() } })),
    refetchInterval: ({ state }) => (state.data?.requests.some(works) ? WORKING_MS : false),
  })

/** Requests, a page at a time: those to be answered, the most urgent first, or all, the latest first. */
export const useRequests = (openOnly: () => boolean): UseInfiniteQueryReturnType<InfiniteData<PageRequests>, Error> =>
  useInfiniteQuery({
    queryKey: [PRIVACY, 'requests', openOnly],
    queryFn: ({ pageParam }) => take(privacyRequests({ query: { open_only: openOnly(), after: pageParam, limit: 20 } })),
    initialPageParam: '',
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: ({ state }) => (state.data?.pages.some(({ items }) => items.some(works)) ? WORKING_MS : false),
  })

export const usePrivacySettings = (): UseQueryReturnType<PrivacySettings, Error> => useQuery({ queryKey: [PRIVACY, 'settings'], queryFn: () => take(privacySettings()) })

/** Every outside party that gets something of customers. */
export const useRecipients = (): UseQueryReturnType<Recipients, Error> => useQuery({ queryKey: [PRIVACY, 'recipients'], queryFn: () => take(privacyRecipients()) })

export const whatIsDue = (body: Keeping): Promise<DueNow> => take(privacyTryKeeping({ body }))

interface Acts {
  ask: (contact_id: string, body: RequestForm) => Promise<PrivacyRequest>
  carryOut: (request_id: string, number?: string) => Promise<PrivacyRequest>
  answer: (request_id: string, answer: string, refused: boolean) => Promise<PrivacyRequest>
  address: (request_id: string) => Promise<string>
  hold: (contact_id: string, reason: string) => Promise<ContactPrivacy>
  lift: (contact_id: string) => Promise<ContactPrivacy>
  save: (body: PrivacySettings) => Promise<PrivacySettings>
}

export function usePrivacy(): Acts {
  const queries = useQueryClient()
  const renewed = async <T>(done: Promise<T>): Promise<T> => {
    try {
      return await done
    } finally {
      await queries.invalidateQueries({ queryKey: [PRIVACY] })
    }
  }
  const at = (request_id: string): { path: { request_id: string } } => ({ path: { request_id } })
  return {
    ask: (contact_id, body) => renewed(take(privacyAsk({ path: { contact_id }, body }))),
    carryOut: (id, number = '') => renewed(take(privacyCarryOut({ ...at(id), body: { number } }))),
    answer: (id, answer, refused) => renewed(take((refused ? privacyRefuse : privacyDone)({ ...at(id), body: { answer } }))),
    address: async (id) => (await take(privacyArchive(at(id)))).url,
    hold: (contact_id, reason) => renewed(take(privacyHold({ path: { contact_id }, body: { reason } }))),
    lift: (contact_id) => renewed(take(privacyLiftHold({ path: { contact_id } }))),
    save: (body) => renewed(take(privacySaveSettings({ body }))),
  }
}

export const EXPORTS = 'privacy exports'

/** The owner's full exports, read again while one is at work. */
export const useExports = (): UseQueryReturnType<WorkspaceExports, Error> =>
  useQuery<WorkspaceExports>({
    queryKey: [EXPORTS],
    queryFn: () => take(privacyListExports()),
    refetchInterval: ({ state }) => (state.data?.items.some(isUnderWay) ? WORKING_MS : false),
  })

export const isUnderWay = ({ state }: WorkspaceExport): boolean => state === 'waiting' || state === 'running'
export const startExport = (): Promise<WorkspaceExport> => take(privacyExport())

const of = (export_id: string): { path: { export_id: string } } => ({ path: { export_id } })
export const exportActs = {
  cancel: (id: string): Promise<unknown> => take(privacyCancelExport(of(id))),
  remove: (id: string): Promise<unknown> => take(privacyRemoveExport(of(id))),
  address: async (id: string): Promise<string> => (await take(privacyExportFile(of(id)))).url,
}
