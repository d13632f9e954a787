import type { Scope } from '@kezhan/api'
import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute } from 'vue-router'
import { useSession, useTeams } from '../workspaces'
import type { Place } from './api'

export const scopes = ['public', 'team', 'personal'] as const satisfies readonly Scope[]

interface Placed {
  place: ComputedRef<Place>
  /** The teams whose quick replies she sees. */
  teams: ComputedRef<{ id: string; name: string }[]>
  /** Whether the place is one to be asked for: a team's needs a team. */
  known: ComputedRef<boolean>
  name: ComputedRef<string>
  /** The query of an address that leads here, with more of one's own. */
  query: (more?: Record<string, string>) => Record<string, string>
}

/** Whose quick replies the address names. */
export function usePlace(): Placed {
  const { t } = useI18n()
  const route = useRoute()
  const session = useSession()
  const all = useTeams()
  const scope = computed(() => scopes.find((one) => one === route.query.scope) ?? 'public')
  const teams = computed(() => {
    const manages = session.may('quick_reply.manage')
    return (all.data.value ?? []).filter(({ id }) => manages || session.me?.team_ids.includes(id))
  })
  const place = computed<Place>(() => {
    if (scope.value !== 'team') return { scope: scope.value, team_id: null }
    return { scope: 'team', team_id: (teams.value.find(({ id }) => id === route.query.team) ?? teams.value[0])?.id ?? null }
  })
  return {
    place,
    teams,
    known: computed(() => place.value.scope !== 'team' || place.value.team_id !== null),
    // messages: desk_quick.scope.*
    name: computed(() => teams.value.find(({ id }) => id === place.value.team_id)?.name ?? t(`desk_quick.scope.${scope.value}`)),
    query: (more = {}) => ({ scope: scope.value, ...(place.value.team_id ? { team: place.value.team_id } : {}), ...more }),
  }
}
