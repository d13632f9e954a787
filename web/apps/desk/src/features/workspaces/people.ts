import { workspacesListMembers, workspacesListTeams, type MemberView, type Role, type TeamView } from '@kezhan/api'
import { useQuery, type UseQueryReturnType } from '@tanstack/vue-query'
import { take } from '../../call'
import { byName } from '../../names'

async function everyMember(): Promise<MemberView[]> {
  const found: MemberView[] = []
  let after: string | null = null
  do {
    const page: { items: MemberView[]; next?: string | null } = await take(
      workspacesListMembers({ query: { after, limit: 100 } }),
    )
    found.push(...page.items)
    after = page.next ?? null
  } while (after)
  return found
}

/** Every active member of the workspace. */
export function useMembers(): UseQueryReturnType<MemberView[], Error> {
  return useQuery({ queryKey: ['members'], queryFn: everyMember, staleTime: 30_000 })
}

export function useTeams(): UseQueryReturnType<TeamView[], Error> {
  return useQuery({ queryKey: ['teams'], queryFn: async () => (await take(workspacesListTeams())).items.sort(byName) })
}

const roles: readonly Role[] = ['owner', 'admin', 'supervisor', 'agent', 'inspector', 'auditor']

/** The roles somebody who manages members may give: only an owner names another. */
export const rolesToGive = (owns: boolean): readonly Role[] => roles.filter((role) => owns || role !== 'owner')
