import { channelsReach, type Head, type ReachView } from '@kezhan/api'
import { useQuery } from '@tanstack/vue-query'
import { computed, watch, type ComputedRef } from 'vue'
import { take } from '../../call'
import { everySecond } from '../../when'
import type { Kind } from '../cards'
import { goesAsFile, useKinds } from '../channels'
import { useSession } from '../workspaces'
import type { Thread } from './thread'

export interface Reach {
  /** What can be said to the customer; undefined where nobody knows, or where everything can. */
  view: ReachView | undefined
  /** Whether she has to write first. */
  closed: boolean
  /** Seconds until then, null where time ends nothing. */
  seconds: number | null
}

/** What `view` means at a moment (milliseconds). */
export function reachAt(view: ReachView | undefined, now: number): Reach {
  const seconds = view?.ends_at ? Math.max(0, Math.floor((Date.parse(view.ends_at) - now) / 1000)) : null
  return { view, seconds, closed: Boolean(view && (!view.open || seconds === 0)) }
}

/** Of our own chat everything goes at any time, so nobody asks. */
const isLimited = (head: Head | undefined): boolean => Boolean(head && head.channel !== 'webchat' && head.state !== 'closed')

export const reachKey = (id: string): string[] => ['reach', id]

/** What can be said in a conversation now: asked again whenever something is said, goes out or fails. */
export function useReach(thread: () => Thread | null | undefined): ComputedRef<Reach> {
  const session = useSession()
  const id = computed(() => thread()?.id ?? '')
  const enabled = computed(() => session.may('conversation.reply') && isLimited(thread()?.head))
  const { data, refetch } = useQuery({
    queryKey: computed(() => reachKey(id.value)),
    queryFn: () => take(channelsReach({ path: { conversation_id: id.value } })),
    enabled,
    refetchInterval: 60_000,
  })
  // What is said may open her door again; of replies that have gone out the server tells.
  const said = computed(() => `${id.value} ${thread()?.messages.at(-1)?.seq ?? 0}`)
  watch(said, (now, before) => {
    // Of another conversation the question is another.
    if (enabled.value && now.split(' ')[0] === before.split(' ')[0]) void refetch()
  })
  return computed(() => {
    const view = enabled.value ? data.value : undefined
    // Without an end nothing changes by the clock.
    return reachAt(view, view?.ends_at ? everySecond.value.getTime() : 0)
  })
}

/** Whether the customer sees our reactions, as far as `useReach` has asked. */
export function useReacts(id: () => string): ComputedRef<boolean> {
  const { data } = useQuery<ReachView>({ queryKey: computed(() => reachKey(id())), enabled: false })
  return computed(() => data.value?.reactions !== false)
}

/** Whether the customer's channel shows a card of this kind as one, as far as `useReach` has asked. */
export function useDraws(id: () => string): (kind: Kind) => boolean {
  const { data: view } = useQuery<ReachView>({ queryKey: computed(() => reachKey(id())), enabled: false })
  const kinds = useKinds(() => Boolean(view.value))
  return (kind) => {
    const able = kinds.data.value?.find(({ name }) => name === view.value?.adapter)?.capabilities
    return !able || able.cards || (kind === 'place' && able.places) || (kind === 'person' && able.persons)
  }
}

/** Whose mini-programs' pages the customer's channel opens, as far as `useReach` has asked: "" any, null none. */
export function usePages(id: () => string): ComputedRef<string | null> {
  const { data: view } = useQuery<ReachView>({ queryKey: computed(() => reachKey(id())), enabled: false })
  return computed(() => (view.value?.pages ? (view.value.pages_of ?? '') : null))
}

/** Whether the customer gets only a link to a file, because her channel takes none such. */
export function useLinked(reach: () => Reach): (file: Pick<File, 'type' | 'size'>) => boolean {
  const kinds = useKinds(() => Boolean(reach().view))
  return (file) => {
    const { view } = reach()
    if (!view) return false
    const able = kinds.data.value?.find((kind) => kind.name === view.adapter)?.capabilities
    return !goesAsFile({ sends: view.sends, file_bytes: able?.file_bytes ?? Infinity, files: able?.files ?? {} }, file)
  }
}
