import {
  routingAcceptOffer,
  routingDeclineOffer,
  routingGetSeat,
  routingGetSettings,
  routingGetTrace,
  routingListLengths,
  routingListOffers,
  routingListReasons,
  routingListSeats,
  routingSetState,
  type Offer,
  type Reason,
  type ReceptionSettings,
  type SeatView,
  type StateIn,
  type Trace,
} from '@kezhan/api'
import { useQuery, type UseQueryReturnType } from '@tanstack/vue-query'
import { toValue, type MaybeRefOrGetter } from 'vue'
import { take } from '../../call'

const at = (id: string): { path: { conversation_id: string } } => ({ path: { conversation_id: id } })

/** One's own seat; refused with 404 where the workspace has no reception. */
export const readSeat = (): Promise<SeatView> => take(routingGetSeat())

export const putState = (body: StateIn): Promise<SeatView> => take(routingSetState({ body }))

export const readOffers = async (): Promise<Offer[]> => (await take(routingListOffers())).items

export const accept = (id: string): Promise<unknown> => take(routingAcceptOffer(at(id)))

/** A colleague who has asked is told the reason. */
export const decline = (id: string, reason = ''): Promise<unknown> => take(routingDeclineOffer({ ...at(id), ...(reason && { query: { reason } }) }))

/** What `stale` of reception makes old; everything below hangs from it. */
export const RECEPTION = 'reception'

/** The workspace's own reasons of a break. */
export function useReasons(enabled: MaybeRefOrGetter<boolean>): UseQueryReturnType<Reason[], Error> {
  return useQuery({ queryKey: ['break-reasons'], queryFn: async () => (await take(routingListReasons())).items, enabled, staleTime: 60_000 })
}

export function useReceptionSettings(enabled: MaybeRefOrGetter<boolean>): UseQueryReturnType<ReceptionSettings, Error> {
  return useQuery({ queryKey: ['reception-settings'], queryFn: () => take(routingGetSettings()), enabled, staleTime: 60_000 })
}

/** Everybody who serves; nobody where the workspace has no reception. */
export function useSeats(): UseQueryReturnType<SeatView[], Error> {
  return useQuery({ queryKey: [RECEPTION, 'seats'], queryFn: async () => (await take(routingListSeats())).items })
}

/** How many wait in each team's queue, by the team's id. */
export function useQueueLengths(): UseQueryReturnType<Record<string, number>, Error> {
  const read = async (): Promise<Record<string, number>> =>
    Object.fromEntries((await take(routingListLengths())).items.map(({ queue_id, waiting }) => [queue_id, waiting]))
  return useQuery({ queryKey: [RECEPTION, 'lengths'], queryFn: read })
}

/** Why a conversation is where it is. */
export function useTrace(id: MaybeRefOrGetter<string>): UseQueryReturnType<Trace, Error> {
  return useQuery({ queryKey: [RECEPTION, 'trace', id], queryFn: () => take(routingGetTrace(at(toValue(id)))) })
}
