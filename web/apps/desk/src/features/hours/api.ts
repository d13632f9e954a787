import { hoursDropUse, hoursGet, hoursList, hoursListHolidays, hoursListReady, hoursListUses, hoursPutUse, type HolidayView, type ReadyView, type ScheduleView, type UseKind, type UseView } from '@kezhan/api'
import { useQuery, useQueryClient, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { take } from '../../call'
import { byName } from '../../names'

// Whether a schedule is open changes by itself.
const FRESH_MS = 60_000

export function useSchedules(): UseQueryReturnType<ScheduleView[], Error> {
  return useQuery({ queryKey: ['hours', 'schedules'], queryFn: async () => (await take(hoursList())).items.sort(byName), refetchInterval: FRESH_MS })
}

export function useSchedule(id: Ref<string>): UseQueryReturnType<ScheduleView, Error> {
  const queryKey = computed(() => ['hours', 'schedule', id.value])
  return useQuery({ queryKey, queryFn: () => take(hoursGet({ path: { schedule_id: id.value } })), enabled: computed(() => id.value !== '') })
}

export function useHolidays(): UseQueryReturnType<HolidayView[], Error> {
  return useQuery({ queryKey: ['hours', 'holidays'], queryFn: async () => (await take(hoursListHolidays())).items.sort(byName) })
}

/** The calendars that come with the product, named in the reader's language. */
export function useReady(): UseQueryReturnType<ReadyView[], Error> {
  const { locale } = useI18n()
  const queryKey = computed(() => ['hours', 'ready', locale.value])
  return useQuery({ queryKey, queryFn: async () => (await take(hoursListReady())).items })
}

export function useUses(): UseQueryReturnType<UseView[], Error> {
  return useQuery({ queryKey: ['hours', 'uses'], queryFn: async () => (await take(hoursListUses())).items })
}

/** From now on it keeps to that schedule; with null to the one of whoever stands above it. */
export async function keepTo(kind: UseKind, refId: string, scheduleId: string | null): Promise<void> {
  const path = { kind, ref_id: refId }
  if (scheduleId === null) await take(hoursDropUse({ path }))
  else await take(hoursPutUse({ path, body: { schedule_id: scheduleId } }))
}

/** Everything about hours is read anew: a change of one thing shows in the others. */
export function useRenew(): () => Promise<void> {
  const queries = useQueryClient()
  return () => queries.invalidateQueries({ queryKey: ['hours'] })
}
