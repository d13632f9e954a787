import { reportsDiagnose, reportsListAlertRules, reportsListAlerts, reportsMonitor, type AlertRule, type AlertView, type Diagnosis, type Monitor } from '@kezhan/api'
import { useQuery, useQueryClient, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { take } from '../../call'
import { byName } from '../../names'

// The server tells when something has moved; this is for what moves by itself, and for a line that is down.
const FRESH_MS = 15_000

/** Everything in sight, or one team's (`team` empty: everything). */
export function useMonitor(team: Ref<string>): UseQueryReturnType<Monitor, Error> {
  const queryKey = computed(() => ['monitor', 'now', team.value])
  const queryFn = async (): Promise<Monitor> => {
    const seen = await take(reportsMonitor({ query: team.value ? { team_id: team.value } : {} }))
    // Everybody's queue, which nobody has named, stays at the end.
    const teams = seen.teams.sort((one, other) => Number(!one.name) - Number(!other.name) || byName(one, other))
    return { ...seen, teams, channels: seen.channels.sort(byName) }
  }
  return useQuery({ queryKey, queryFn, refetchInterval: FRESH_MS, placeholderData: (before: Monitor | undefined) => before, retry: false })
}

export function useDiagnosis(team: Ref<string>): UseQueryReturnType<Diagnosis, Error> {
  const queryKey = computed(() => ['monitor', 'diagnosis', team.value])
  return useQuery({ queryKey, queryFn: () => take(reportsDiagnose({ path: { team_id: team.value } })), refetchInterval: FRESH_MS, retry: false })
}

/** The newest alerts, those that are on among them. */
export function useAlerts(): UseQueryReturnType<AlertView[], Error> {
  return useQuery({ queryKey: ['alerts', 'newest'], queryFn: async () => (await take(reportsListAlerts({ query: { limit: 50 } }))).items, refetchInterval: 60_000 })
}

export function useAlertRules(): UseQueryReturnType<AlertRule[], Error> {
  return useQuery({ queryKey: ['alerts', 'rules'], queryFn: async () => (await take(reportsListAlertRules())).items })
}

/** Alerts and what they are of are read anew. */
export function useRenewAlerts(): () => Promise<void> {
  const queries = useQueryClient()
  return async () => {
    await Promise.all([queries.invalidateQueries({ queryKey: ['alerts'] }), queries.invalidateQueries({ queryKey: ['monitor'] })])
  }
}
