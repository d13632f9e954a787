import {
  segmentsArchive,
  segmentsChange,
  segmentsCount,
  segmentsCreate,
  segmentsList,
  segmentsPreview,
  segmentsRestore,
  type Filter,
  type Segment,
  type SegmentEdit,
  type SegmentForm,
  type SegmentList,
  type SegmentPreview,
} from '@kezhan/api'
import { useQuery, useQueryClient, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { take } from '../../call'

export const SEGMENTS = 'segments'
/** How many are asked for at a time: each may look at all customers. */
const COUNTED = 5

export const useSegments = (): UseQueryReturnType<SegmentList, Error> =>
  useQuery({ queryKey: [SEGMENTS, 'list'], queryFn: () => take(segmentsList()), staleTime: 60_000 })

/** How many customers are in each of these at this moment. */
export function useSegmentCounts(ids: MaybeRefOrGetter<string[]>): UseQueryReturnType<Record<string, number>, Error> {
  const queryFn = async (): Promise<Record<string, number>> => {
    const all = toValue(ids)
    const parts = Array.from({ length: Math.ceil(all.length / COUNTED) }, (_, n) => all.slice(n * COUNTED, (n + 1) * COUNTED))
    const found: Record<string, number> = {}
    for (const part of parts) for (const { id, count } of (await take(segmentsCount({ query: { ids: part } }))).items) found[id] = count
    return found
  }
  return useQuery({ queryKey: computed(() => [SEGMENTS, 'counts', ...toValue(ids)]), queryFn, enabled: () => toValue(ids).length > 0, placeholderData: (before) => before })
}

/** Whom a filter would hold that is not kept yet; broken off by `signal`, the server looks no further. */
export const lookAt = (body: Filter, after: string, signal: AbortSignal): Promise<SegmentPreview> => take(segmentsPreview({ body, query: { after, limit: 10 }, signal }))

interface Keeping {
  create: (body: SegmentForm) => Promise<Segment>
  change: (segment_id: string, body: SegmentEdit) => Promise<Segment>
  archive: (segment_id: string, archived: boolean) => Promise<Segment>
}

export function useKeepSegments(): Keeping {
  const queries = useQueryClient()
  const renewed = async <T>(done: Promise<T>): Promise<T> => {
    try {
      return await done
    } finally {
      await queries.invalidateQueries({ queryKey: [SEGMENTS] })
    }
  }
  return {
    create: (body) => renewed(take(segmentsCreate({ body }))),
    change: (segment_id, body) => renewed(take(segmentsChange({ path: { segment_id }, body }))),
    archive: (segment_id, archived) => renewed(take((archived ? segmentsArchive : segmentsRestore)({ path: { segment_id } }))),
  }
}
