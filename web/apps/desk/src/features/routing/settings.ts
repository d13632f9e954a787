import {
  contactsTiers,
  routingGetPolicy,
  routingListLimits,
  routingListPolicies,
  routingListSkills,
  routingListWeights,
  type PolicyView,
  type SkillView,
  type TeamLimits,
  type Weight,
} from '@kezhan/api'
import { useQuery, useQueryClient, type UseQueryReturnType } from '@tanstack/vue-query'
import { take } from '../../call'
import { byName } from '../../names'
import { RECEPTION } from './api'

/** By kind, as the server has them, and by name. */
export function useSkills(): UseQueryReturnType<SkillView[], Error> {
  return useQuery({ queryKey: ['skills'], queryFn: async () => (await take(routingListSkills())).items.sort((one, other) => one.kind.localeCompare(other.kind) || byName(one, other)) })
}

export function useWeights(): UseQueryReturnType<Weight[], Error> {
  return useQuery({ queryKey: ['channel-weights'], queryFn: async () => (await take(routingListWeights())).items })
}

/** By team; the workspace's own id stands for everybody's queue. */
export function useLimits(): UseQueryReturnType<Record<string, TeamLimits>, Error> {
  return useQuery({ queryKey: ['queue-limits'], queryFn: () => take(routingListLimits()) })
}

export function usePolicy(): UseQueryReturnType<PolicyView, Error> {
  return useQuery({ queryKey: ['routing-policy'], queryFn: () => take(routingGetPolicy()) })
}

export function usePolicyVersions(): UseQueryReturnType<PolicyView[], Error> {
  return useQuery({ queryKey: ['routing-policy', 'versions'], queryFn: () => take(routingListPolicies()) })
}

/** The shop's own words for its better customers. */
export function useTiers(): UseQueryReturnType<string[], Error> {
  return useQuery({ queryKey: ['tiers'], queryFn: async () => (await take(contactsTiers())).items, staleTime: 60_000 })
}

/** What reception goes by is read anew: a change of one thing shows in the others. */
export function useRenewReception(): () => Promise<void> {
  const queries = useQueryClient()
  const keys = [RECEPTION, 'skills', 'break-reasons', 'channel-weights', 'queue-limits', 'reception-settings']
  return async () => void (await Promise.all(keys.map((key) => queries.invalidateQueries({ queryKey: [key] }))))
}
