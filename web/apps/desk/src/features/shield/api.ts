import {
  shieldBlock,
  shieldEdit,
  shieldEditUploads,
  shieldFloods,
  shieldInfected,
  shieldSettings,
  shieldSources,
  shieldUnblock,
  shieldUploads,
  type Floods,
  type InfectedFile,
  type PageKezhanShieldSchemasInfectedFile as PageInfectedFile,
  type UploadRules,
  type UploadRulesEdit,
  type PageKezhanShieldSchemasBlockedSourceView as PageSource,
  type ShieldEdit,
  type ShieldView,
  type BlockedSourceIn,
  type BlockedSourceView,
} from '@kezhan/api'
import { useInfiniteQuery, useQuery, useQueryClient, type InfiniteData, type UseInfiniteQueryReturnType, type UseQueryReturnType } from '@tanstack/vue-query'
import { take } from '../../call'

const SOURCES = 'blocked sources'
const SHIELD = 'shield'

export const useShield = (): UseQueryReturnType<ShieldView, Error> => useQuery({ queryKey: [SHIELD, 'settings'], queryFn: () => take(shieldSettings()) })

export const useFloods = (): UseQueryReturnType<Floods, Error> => useQuery({ queryKey: [SHIELD, 'floods'], queryFn: () => take(shieldFloods()) })

export const putShield = (body: ShieldEdit): Promise<ShieldView> => take(shieldEdit({ body }))

/** The topic of the infected files, and the key of its queries. */
export const INFECTED = 'infected'

export const useUploadRules = (): UseQueryReturnType<UploadRules, Error> => useQuery({ queryKey: [SHIELD, 'uploads'], queryFn: () => take(shieldUploads()) })

export const putUploadRules = (body: UploadRulesEdit): Promise<UploadRules> => take(shieldEditUploads({ body }))

/** Infected files that were turned away, newest first, a page at a time. */
export const useInfected = (): UseInfiniteQueryReturnType<InfiniteData<PageInfectedFile>, Error> =>
  useInfiniteQuery({
    queryKey: [INFECTED],
    queryFn: ({ pageParam }) => take(shieldInfected({ query: { after: pageParam, limit: 20 } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? undefined,
  })

export const lastInfected = async (): Promise<InfectedFile | undefined> => (await take(shieldInfected({ query: { limit: 1 } }))).items[0]

/** Blocked addresses and devices, newest first, a page at a time. */
export const useSources = (): UseInfiniteQueryReturnType<InfiniteData<PageSource>, Error> =>
  useInfiniteQuery({
    queryKey: [SOURCES],
    queryFn: ({ pageParam }) => take(shieldSources({ query: { after: pageParam, limit: 50 } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? undefined,
  })

export function useKeepSources(): { block: (body: BlockedSourceIn) => Promise<BlockedSourceView>; unblock: (source_id: string) => Promise<unknown> } {
  const queries = useQueryClient()
  const renewed = async <T>(done: Promise<T>): Promise<T> => {
    try {
      return await done
    } finally {
      await queries.invalidateQueries({ queryKey: [SOURCES] })
    }
  }
  return {
    block: (body) => renewed(take(shieldBlock({ body }))),
    unblock: (source_id) => renewed(take(shieldUnblock({ path: { source_id } }))),
  }
}
