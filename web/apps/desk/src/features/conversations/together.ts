import {
  conversationsCountMentions,
  conversationsGetSupervision,
  conversationsInvite,
  conversationsLeave,
  conversationsListColleagues,
  conversationsListMentions,
  conversationsStopSupervision,
  conversationsSupervise,
  routingTransfer,
  routingWithdrawTransfer,
  type Colleagues,
  type Mention,
  type Supervision,
} from '@kezhan/api'
import { useInfiniteQuery, useQuery, useQueryClient, type InfiniteData, type UseInfiniteQueryReturnType, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, toValue, type ComputedRef, type MaybeRefOrGetter } from 'vue'
import { take } from '../../call'
import { useMembers, useTeams } from '../workspaces'

const at = (id: string): { path: { conversation_id: string } } => ({ path: { conversation_id: id } })
const guestAt = (id: string, member: string): { path: { conversation_id: string; member_id: string } } => ({ path: { conversation_id: id, member_id: member } })

/** To a member, who is asked and has it once she accepts, or to a team's queue. */
export interface HandOn {
  member_id?: string | null
  team_id?: string | null
  note: string
}

export const handOn = (id: string, body: HandOn): Promise<unknown> => take(routingTransfer({ ...at(id), body }))

export const withdraw = (id: string): Promise<unknown> => take(routingWithdrawTransfer(at(id)))

export const invite = (id: string, member: string): Promise<unknown> => take(conversationsInvite(guestAt(id, member)))

/** A guest leaves, or is removed. */
export const leave = (id: string, member: string): Promise<unknown> => take(conversationsLeave(guestAt(id, member)))

export const supervise = (id: string): Promise<unknown> => take(conversationsSupervise(at(id)))

export const stopSupervision = (id: string): Promise<unknown> => take(conversationsStopSupervision(at(id)))

export const colleaguesKey = (id: string): string[] => ['conversation', id, 'colleagues']

/** Everybody who may be named or invited, with whether she sees the conversation. */
export function useColleagues(id: MaybeRefOrGetter<string>, enabled: MaybeRefOrGetter<boolean> = true): UseQueryReturnType<Colleagues, Error> {
  const queryKey = computed(() => colleaguesKey(toValue(id)))
  return useQuery({ queryKey, queryFn: () => take(conversationsListColleagues(at(toValue(id)))), enabled, staleTime: 15_000 })
}

export function useSupervision(id: MaybeRefOrGetter<string>, enabled: MaybeRefOrGetter<boolean>): UseQueryReturnType<Supervision, Error> {
  const queryKey = computed(() => ['conversation', toValue(id), 'supervision'])
  return useQuery({ queryKey, queryFn: () => take(conversationsGetSupervision(at(toValue(id)))), enabled })
}

/** What makes the list of mentions old; the count hangs from it. */
export const MENTIONS = 'mentions'

interface Page {
  items: Mention[]
  next?: string | null
}

export function useMentions(): UseInfiniteQueryReturnType<InfiniteData<Page>, Error> {
  return useInfiniteQuery({
    queryKey: [MENTIONS, 'list'],
    queryFn: ({ pageParam }): Promise<Page> => take(conversationsListMentions({ query: { after: pageParam, limit: 30 } })),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }: Page) => next ?? null,
  })
}

/** How many notes name the reader that she has not read. */
export function useMentionCount(): UseQueryReturnType<number, Error> {
  return useQuery({ queryKey: [MENTIONS, 'count'], queryFn: async () => (await take(conversationsCountMentions())).unread, staleTime: 30_000 })
}

/** Ask the same of the server again as soon as something of the conversation's company has changed. */
export function useRefresh(): (id: string) => void {
  const queries = useQueryClient()
  return (id) => {
    void queries.invalidateQueries({ queryKey: ['conversation', id] })
  }
}

/** Names of members and teams by their ids; empty while they are not known. */
export function useNames(): ComputedRef<(id: string) => string> {
  const members = useMembers()
  const teams = useTeams()
  return computed(() => {
    const names = new Map([...(members.data.value ?? []), ...(teams.data.value ?? [])].map(({ id, name }) => [id, name]))
    return (id) => names.get(id) ?? ''
  })
}
