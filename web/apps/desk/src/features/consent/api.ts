import {
  consentEdit,
  consentGive,
  consentMake,
  consentOfContact,
  consentPublish,
  consentTexts,
  consentVersions,
  consentWithdraw,
  type ConsentText,
  type ConsentTexts,
  type ConsentVersions,
  type GiveIn,
  type PersonConsents,
  type TextIn,
} from '@kezhan/api'
import { useQuery, useQueryClient, type UseQueryReturnType } from '@tanstack/vue-query'
import { take } from '../../call'

const CONSENT = 'consent'
export type Worded = TextIn['words']
export const languages = ['zh-CN', 'en'] as const

/** What customers are asked to consent to, the texts that are out of use last. */
export const useConsentTexts = (): UseQueryReturnType<ConsentTexts, Error> => useQuery({ queryKey: [CONSENT, 'texts'], queryFn: () => take(consentTexts()) })

/** Every version of a text, the newest first. */
export const useVersions = (text: () => string): UseQueryReturnType<ConsentVersions, Error> =>
  useQuery({ queryKey: [CONSENT, 'versions', text], queryFn: () => take(consentVersions({ path: { text_id: text() } })) })

/** How one customer stands to each text. */
export const usePersonConsents = (contact: () => string): UseQueryReturnType<PersonConsents, Error> =>
  useQuery({ queryKey: [CONSENT, 'person', contact], queryFn: () => take(consentOfContact({ path: { contact_id: contact() } })) })

interface Acts {
  make: (body: TextIn) => Promise<ConsentText>
  edit: (text_id: string, body: { name?: string; required?: boolean; archived?: boolean }) => Promise<ConsentText>
  publish: (text_id: string, version: number, words: Worded) => Promise<ConsentText>
  give: (contact_id: string, body: GiveIn) => Promise<PersonConsents>
  withdraw: (contact_id: string, text_id: string, how: string) => Promise<PersonConsents>
}

export function useConsent(): Acts {
  const queries = useQueryClient()
  const renewed = async <T>(done: Promise<T>): Promise<T> => {
    try {
      return await done
    } finally {
      await queries.invalidateQueries({ queryKey: [CONSENT] })
    }
  }
  return {
    make: (body) => renewed(take(consentMake({ body }))),
    edit: (text_id, body) => renewed(take(consentEdit({ path: { text_id }, body }))),
    publish: (text_id, version, words) => renewed(take(consentPublish({ path: { text_id }, body: { version, words } }))),
    give: (contact_id, body) => renewed(take(consentGive({ path: { contact_id }, body }))),
    withdraw: (contact_id, text_id, how) => renewed(take(consentWithdraw({ path: { contact_id, text_id }, body: { how } }))),
  }
}
