import {
  shieldBlock,
  shieldEdit,
  shieldFloods,
  shieldSettings,
  shieldSources,
  shieldUnblock,
  type Floods,
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
