import { formsDropTeam, formsList, formsPut, formsPutTeam, type Field, type FormView } from '@kezhan/api'
import { useQuery, useQueryClient, type UseQueryReturnType } from '@tanstack/vue-query'
import { take } from '../../call'

const purpose = 'wrap_up' as const
const FORMS = ['forms', purpose]

/** What is asked at the end of a conversation: of everybody, and of teams that have their own. */
export const useForms = (): UseQueryReturnType<FormView[], Error> =>
  useQuery({ queryKey: FORMS, queryFn: async () => (await take(formsList({ path: { purpose } }))).items })

interface Keeping {
  put: (team: string | null, version: number, fields: Field[]) => Promise<FormView>
  drop: (team: string) => Promise<void>
}

export function useKeepForm(): Keeping {
  const queries = useQueryClient()
  const renew = (): Promise<void> => queries.invalidateQueries({ queryKey: FORMS })
  return {
    put: async (team_id, version, fields) => {
      const body = { version, fields }
      const form = await take(team_id ? formsPutTeam({ path: { purpose, team_id }, body }) : formsPut({ path: { purpose }, body }))
      await renew()
      return form
    },
    drop: async (team_id) => {
      await take(formsDropTeam({ path: { purpose, team_id } }))
      await renew()
    },
  }
}
