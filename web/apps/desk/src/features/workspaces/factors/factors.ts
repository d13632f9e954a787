import {
  workspacesAddPasskey,
  workspacesBeginPasskey,
  workspacesConfirmTotp,
  workspacesGetFactors,
  workspacesOfferTotp,
  workspacesProve,
  workspacesRemovePasskey,
  workspacesRemoveTotp,
  workspacesRenewCodes,
  type FactorsView,
  type TotpOffer,
} from '@kezhan/api'
import { useQuery } from '@tanstack/vue-query'
import { ref, type Ref } from 'vue'
import { Fault, take } from '../../../call'
import { makePasskey } from './passkey'

/** Her own factors. What is done to them may want her password first: then it waits in `waiting` until that was given. */
export function useFactors(): {
  data: Ref<FactorsView | undefined>
  error: Ref<Error | null>
  refetch: () => Promise<unknown>
  waiting: Ref<(() => Promise<void>) | null>
  proved: (what: () => Promise<void>) => Promise<void>
  prove: (password: string) => Promise<void>
} {
  const { data, error, refetch } = useQuery({ queryKey: ['factors'], queryFn: () => take(workspacesGetFactors()) })
  const waiting = ref<(() => Promise<void>) | null>(null)

  async function proved(what: () => Promise<void>): Promise<void> {
    try {
      await what()
    } catch (thrown) {
      if (!(thrown instanceof Fault) || thrown.code !== 'workspaces.prove_first') throw thrown
      waiting.value = what
    }
  }

  async function prove(password: string): Promise<void> {
    await take(workspacesProve({ body: { password } }))
    const what = waiting.value
    waiting.value = null
    await what?.()
  }
  return { data, error, refetch, waiting, proved, prove }
}

export const offerApp = (): Promise<TotpOffer> => take(workspacesOfferTotp())
export const confirmApp = async (code: string): Promise<string[]> => (await take(workspacesConfirmTotp({ body: { code } }))).codes
export const removeApp = (): Promise<unknown> => take(workspacesRemoveTotp())
export const removeKey = (passkey_id: string): Promise<unknown> => take(workspacesRemovePasskey({ path: { passkey_id } }))
export const freshCodes = async (): Promise<string[]> => (await take(workspacesRenewCodes())).codes

/** Recovery codes, none where she has some; null: given up at the device. */
export async function addKey(name: string): Promise<string[] | null> {
  const { step, options } = await take(workspacesBeginPasskey())
  const credential = await makePasskey(options)
  return credential === null ? null : (await take(workspacesAddPasskey({ body: { step, name, credential } }))).codes
}
