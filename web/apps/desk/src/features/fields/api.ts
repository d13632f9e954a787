import { fieldsGet, fieldsPut, type CustomField, type FieldSet } from '@kezhan/api'
import { useQuery, useQueryClient, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { take } from '../../call'

export type Subject = 'contact' | 'company'
const keyOf = (subject: Subject): string[] => ['fields', subject]

const SEALING_MS = 1_500

/** The fields of a subject, in their order; looked at often while values that stand are sealed. */
export const useFieldSet = (subject: MaybeRefOrGetter<Subject>): UseQueryReturnType<FieldSet, Error> =>
  useQuery({ queryKey: computed(() => keyOf(toValue(subject))), queryFn: () => take(fieldsGet({ path: { subject: toValue(subject) } })), refetchInterval: ({ state }) => (state.data?.sealing?.length ? SEALING_MS : false) })

/** Keeps all of them, as of the version that was read. */
export function useKeepFields(): (subject: Subject, version: number, fields: CustomField[]) => Promise<void> {
  const queries = useQueryClient()
  return async (subject, version, fields) => {
    const kept = await take(fieldsPut({ path: { subject }, body: { version, fields } }))
    queries.setQueryData(keyOf(subject), kept)
    await queries.invalidateQueries({ queryKey: [subject] })
  }
}
