import { workspacesListMembers, workspacesListTeams, type MemberView, type TeamView } from '@kezhan/api'
import { useQuery, type UseQueryReturnType } from '@tanstack/vue-query'
import { take } from '../../call'

async function everyMember(archived: boolean): Promise<MemberView[]> {
  const found: MemberView[] = []
  let after: string | null = null
  do {
    const page: { items: MemberView[]; next?: string | null } = await take(
      workspacesListMembers({ query: { after, limit: 100, archived } }),
    )
    found.push(...page.items)
    after = page.next ?? null
  } while (after)
  return found
}

/** Every active member of the workspace. */
export function useMembers(): UseQueryReturnType<MemberView[], Error> {
  return useQuery({ queryKey: ['members'], queryFn: () => everyMember(false), staleTime: 30_000 })
}

/** Those who have been deactivated. */
export function useArchivedMembers(): UseQueryReturnType<MemberView[], Error> {
  return useQuery({ queryKey: ['members', 'archived'], queryFn: () => everyMember(true) })
}

export function useTeams(): UseQueryReturnType<TeamView[], Error> {
  return useQuery({ queryKey: ['teams'], queryFn: async () => (await take(workspacesListTeams())).items })
}

export const roles = ['owner', 'admin', 'supervisor', 'agent', 'inspector', 'auditor'] as const
