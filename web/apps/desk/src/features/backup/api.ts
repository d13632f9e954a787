import { backupBegin, backupGet, backupPutPlan, type BackupPlan, type BackupView, type RunForm } from '@kezhan/api'
import { useQuery, useQueryClient, type UseQueryReturnType } from '@tanstack/vue-query'
import { Fault, take } from '../../call'

const KEY = ['backup']
const WORKING_MS = 2_000
const RESTING_MS = 10 * 60_000

export const works = (view: BackupView | undefined): boolean => Boolean(view?.runs.some(({ state }) => state === 'running'))

/** How backups stand; looked at often while one is being made. Whose installation it is not hears no. */
export function useBackup(): UseQueryReturnType<BackupView, Error> {
  return useQuery({
    queryKey: KEY,
    queryFn: () => take(backupGet()),
    retry: (count, fault) => !(fault instanceof Fault && fault.status === 403) && count < 2,
    refetchInterval: ({ state }) => (state.error ? false : works(state.data) ? WORKING_MS : RESTING_MS),
  })
}

interface Acts {
  begin: (kind: RunForm['kind']) => Promise<void>
  plan: (plan: BackupPlan) => Promise<void>
}

export function useBackupActs(): Acts {
  const queries = useQueryClient()
  const show = (view: BackupView): void => void queries.setQueryData(KEY, view)
  return {
    begin: async (kind) => show(await take(backupBegin({ body: { kind } }))),
    plan: async (plan) => show(await take(backupPutPlan({ body: plan }))),
  }
}
