import { scheduledCancel, scheduledList, scheduledPut, scheduledSend, type ScheduledForm, type ScheduledView } from '@kezhan/api'
import { useQuery, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { take } from '../../call'

export const SCHEDULED = 'scheduled messages'

/** What is to be sent later in a conversation, the soonest first. */
export function useScheduled(id: MaybeRefOrGetter<string>): UseQueryReturnType<ScheduledView[], Error> {
  const queryKey = computed(() => [SCHEDULED, toValue(id)])
  return useQuery({ queryKey, queryFn: async () => (await take(scheduledList({ path: { conversation_id: toValue(id) } }))).items, staleTime: 5000 })
}

const at = (conversation_id: string, scheduled_id: string): { path: { conversation_id: string; scheduled_id: string } } => ({ path: { conversation_id, scheduled_id } })

export const put = (conversationId: string, id: string, body: ScheduledForm): Promise<unknown> => take(scheduledPut({ ...at(conversationId, id), body }))

export const cancel = (one: ScheduledView): Promise<unknown> => take(scheduledCancel(at(one.conversation_id, one.id)))

export const sendNow = (one: ScheduledView): Promise<unknown> => take(scheduledSend(at(one.conversation_id, one.id)))

/** What would make it anew as it is. */
export function formOf({ at: moment, body, original, files, quote_seq, copies, hold }: ScheduledView): ScheduledForm {
  return { at: moment, body, original, hold, quote_seq: quote_seq ?? null, copies, file_ids: files.map((file) => file.id) }
}
