import { contactsList, type ContactOut } from '@kezhan/api'
import { useQuery } from '@tanstack/vue-query'
import { refDebounced } from '@vueuse/core'
import { computed, type ComputedRef, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute, useRouter } from 'vue-router'
import { take } from '../../call'
import { actKeys, keyName } from '../../shell/keyNames'
import { places } from '../../shell/places'
import { offeredTo } from '../../shell/sections'
import { bindings } from '../../shell/shortcuts'
import { listNames, useLists, useNaming } from '../conversations'
import { iconOf, keyOf, usePicked, useViews } from '../views'
import { useSession } from '../workspaces'
import { rank } from './rank'
import { recent } from './recent'

export interface Command {
  id: string
  title: string
  /** What it is, beside the title. */
  kind: string
  icon: string
  key?: string
  run: () => void
}

export interface CommandGroup {
  name: string
  commands: Command[]
}

const MOST = 8
const SOON_MS = 200

/** Everything the palette offers for what has been typed, the best first; without words what was chosen last. */
export function useCommands(typed: Ref<string>): ComputedRef<CommandGroup[]> {
  const { t } = useI18n()
  const route = useRoute()
  const router = useRouter()
  const session = useSession()
  const lists = useLists()
  const naming = useNaming()
  const views = useViews()
  const picked = usePicked()
  const asked = refDebounced(computed(() => typed.value.trim()), SOON_MS)
  const people = useQuery({
    queryKey: computed(() => ['palette people', asked.value]),
    queryFn: async () => (await take(contactsList({ query: { q: asked.value, limit: MOST } }))).items,
    enabled: () => asked.value !== '' && session.may('contact.read'),
  })

  const going = (id: string, title: string, kind: string, icon: string, to: string): Command => ({ id, title, kind, icon, run: () => void router.push(to) })

  // messages: desk.place.*, desk.settings.*, desk.list.name.*
  const pages = computed<Command[]>(() => [
    ...places.filter(({ needs }) => !needs || session.may(needs)).map(({ name, to, icon }) => going(`place:${name}`, t(`desk.place.${name}`), t('desk_views.palette.page'), icon, to)),
    ...listNames.map((name) => going(`list:${name}`, t(`desk.list.name.${name}`), t('desk_views.palette.list'), 'i-lucide-list', `/conversations/${name}`)),
    ...offeredTo(session.may).flatMap(({ sections }) => sections).map(({ name, icon }) => going(`settings:${name}`, t(`desk.settings.${name}`), t('desk.place.settings'), icon, `/settings/${name}`)),
  ])
  const ours = computed<Command[]>(() => (views.data.value?.items ?? []).map((view) => going(`view:${view.id}`, view.name, t('desk_views.view'), iconOf(view), `/conversations/${keyOf(view)}`)))
  const talks = computed<Command[]>(() =>
    [...lists.rows.values()].map(({ head }) => going(`talk:${head.id}`, naming.customer(head), t('desk_views.palette.talk'), naming.glyph(head.channel), `/conversations/${head.state === 'closed' ? 'closed' : 'all'}/${head.id}`)),
  )
  const found = computed<Command[]>(() => (people.data.value ?? []).map(({ id, name, email, phone }: ContactOut) => going(`person:${id}`, name || email || phone || '', t('desk.place.contacts'), 'i-lucide-user-round', `/contacts/${id}`)))
  // What the keys do just now, where a conversation is open. messages: desk.keys.key.*
  const acts = computed<Command[]>(() => {
    if (route.meta.place !== 'conversations') return []
    const choose = { id: 'act:choose', title: t('desk_views.palette.choose'), kind: t('desk_views.palette.act'), icon: 'i-lucide-list-checks', run: () => (picked.choosing = true) }
    const offered = route.params.id ? actKeys.filter((key) => key in bindings()) : []
    const keyed = offered.map((key) => ({ id: `act:${key}`, title: t(`desk.keys.key.${keyName(key)}`), kind: t('desk_views.palette.act'), icon: 'i-lucide-zap', key, run: () => bindings()[key]?.(new KeyboardEvent('keydown', { key })) }))
    return [...keyed, choose]
  })

  return computed(() => {
    const wanted = typed.value.trim()
    if (!wanted) {
      const known = [...acts.value, ...pages.value, ...ours.value, ...talks.value]
      const last = recent().flatMap((id) => known.find((one) => one.id === id) ?? [])
      return grouped({ recent: last, acts: acts.value, views: ours.value.slice(0, MOST), pages: pages.value.slice(0, MOST) })
    }
    const best = (all: Command[]): Command[] =>
      all
        .map((one) => ({ one, place: rank(one.title, wanted) }))
        .filter(({ place }) => place !== null)
        .sort((a, b) => a.place! - b.place!)
        .slice(0, MOST)
        .map(({ one }) => one)
    return grouped({ acts: best(acts.value), views: best(ours.value), pages: best(pages.value), talks: best(talks.value), people: found.value })
  })

  // messages: desk_views.palette.group.*
  function grouped(of: Record<string, Command[]>): CommandGroup[] {
    const seen = new Set<string>()
    return Object.entries(of)
      .map(([name, all]) => ({ name: t(`desk_views.palette.group.${name}`), commands: all.filter(({ id }) => !seen.has(id) && seen.add(id)) }))
      .filter(({ commands }) => commands.length)
  }
}
