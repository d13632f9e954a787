import {
  staffingForecast, staffingOwnRoster, staffingPatterns, staffingRoster, staffingSettings, staffingShifts,
  type ForecastView, type OwnRoster, type PatternView, type RosterView, type ShiftView, type StaffingSettings,
} from '@kezhan/api'
import { useQuery, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { take } from '../../call'
import { byName } from '../../names'

/** One week, everybody. */
export function useRoster(monday: Ref<string>): UseQueryReturnType<RosterView, Error> {
  const queryKey = computed(() => ['roster', monday.value])
  return useQuery({ queryKey, queryFn: () => take(staffingRoster({ query: { from: monday.value, days: 7 } })) })
}

export function useOwnRoster(): UseQueryReturnType<OwnRoster, Error> {
  return useQuery({ queryKey: ['roster', 'mine'], queryFn: () => take(staffingOwnRoster()) })
}

export function useShifts(): UseQueryReturnType<ShiftView[], Error> {
  return useQuery({ queryKey: ['shifts'], queryFn: async () => (await take(staffingShifts())).items })
}

export function usePatterns(): UseQueryReturnType<PatternView[], Error> {
  return useQuery({ queryKey: ['week-patterns'], queryFn: async () => (await take(staffingPatterns())).items.sort(byName) })
}

/** One week; of a team, or of everybody. */
export function useForecast(monday: Ref<string>, team: Ref<string>): UseQueryReturnType<ForecastView, Error> {
  const queryKey = computed(() => ['forecast', monday.value, team.value])
  const query = (): { from: string; days: number; team_id?: string } => ({ from: monday.value, days: 7, ...(team.value ? { team_id: team.value } : {}) })
  return useQuery({ queryKey, queryFn: () => take(staffingForecast({ query: query() })) })
}

export function useSettings(): UseQueryReturnType<StaffingSettings, Error> {
  return useQuery({ queryKey: ['staffing-settings'], queryFn: () => take(staffingSettings()) })
}
