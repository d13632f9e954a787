import { channelsLife, channelsPutLife, type LifeRules, type ReplyTexts } from '@kezhan/api'
import { useQuery, useQueryClient, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { take } from '../../call'
import { TOPIC } from './api'

/** When silence ends a conversation of the channel, and for how long its customer comes back into it. */
export type Life = Required<Omit<LifeRules, 'v' | 'warning' | 'closing'>> & Record<'warning' | 'closing', Required<ReplyTexts>>

export const lifeOf = ({ idle, warn_minutes, close_minutes, warning, closing, reopen_hours }: LifeRules): Life => ({
  idle: idle ?? false,
  warn_minutes: warn_minutes ?? 10,
  close_minutes: close_minutes ?? 5,
  warning: { zh: '', en: '', ...warning },
  closing: { zh: '', en: '', ...closing },
  reopen_hours: reopen_hours ?? 0,
})

const HOURS = [0, 1, 2, 8, 24, 48, 72, 168]

/** The hours to choose from, the present ones among them. */
export const hoursOffered = (present: number): number[] => [...new Set([...HOURS, present])].sort((a, b) => a - b)

export function useLife(id: Ref<string>): UseQueryReturnType<Life, Error> {
  const queryKey = computed(() => [TOPIC, id.value, 'life'])
  return useQuery({ queryKey, queryFn: async () => lifeOf(await take(channelsLife({ path: { account_id: id.value } }))) })
}

/** Keeps it; what was kept. */
export function useKeepLife(): (id: string, life: Life) => Promise<Life> {
  const queries = useQueryClient()
  return async (id, life) => {
    const kept = lifeOf(await take(channelsPutLife({ path: { account_id: id }, body: life })))
    queries.setQueryData([TOPIC, id, 'life'], kept)
    return kept
  }
}
