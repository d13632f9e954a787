import { contactsMerge, type ContactDetail, type MergePreview } from '@kezhan/api'
import { useQueryClient } from '@tanstack/vue-query'
import { take } from '../../call'

export type MergeField = MergePreview['differs'][number]

/** All that is read of customers is read again. */
export function useForgetPeople(): () => Promise<void> {
  const queries = useQueryClient()
  return async () => {
    const keys = ['contact', 'contacts', 'alike', 'tags']
    await Promise.all(keys.map((key) => queries.invalidateQueries({ queryKey: [key] })))
  }
}

/** The one who went becomes the one who stays, with her word in the fields of `fields`. */
export const mergePeople = ({ kept, gone }: MergePreview, fields: MergeField[], own: string[]): Promise<ContactDetail> =>
  take(contactsMerge({ path: { contact_id: gone.id }, body: { into: kept.id, take: fields, take_fields: own } }))
