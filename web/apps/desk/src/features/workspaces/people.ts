import { workspacesListMembers, workspacesListRoles, workspacesListTeams, type MemberView, type RoleList, type TeamView } from '@kezhan/api'
import { useQuery, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
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

/** Every role, the ready-made ones first; `areas` are all rights as they are shown. */
export function useRoles(): UseQueryReturnType<RoleList, Error> {
  return useQuery({ queryKey: ['roles'], queryFn: () => take(workspacesListRoles()), staleTime: 30_000 })
}

/** What a role is called: one of the workspace's own has a name. */
export function useRoleName(): (role: string, name?: string | undefined) => string {
  const { t, te } = useI18n()
  // messages: desk.role.*
  return (role, name = '') => name || (te(`desk.role.${role}`) ? t(`desk.role.${role}`) : role)
}

/** The roles that another machine's word may give, as choices: an owner is nobody's to make but owners'. */
export function useGivenRoles(): ComputedRef<{ value: string; label: string }[]> {
  const roleName = useRoleName()
  const kept = useRoles()
  return computed(() => (kept.data.value?.items ?? []).filter(({ key }) => key !== 'owner').map(({ key, name }) => ({ value: key, label: roleName(key, name) })))
}
