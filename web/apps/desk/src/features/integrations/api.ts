import {
  integrationsGetDelivery,
  integrationsListDeliveries,
  integrationsListEndpoints,
  type EndpointList,
  type EndpointView,
  type HookDeliveryDetail,
  type HookDeliveryView,
  type HookKind,
} from '@kezhan/api'
import { useInfiniteQuery, useQuery, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { take } from '../../call'

/** The list that the server calls stale, and the key of all that is read of it. */
export const HOOKS = 'webhooks'

const KINDS: Record<Exclude<HookKind, 'webhook.test'>, true> = {
  'conversation.opened': true, 'conversation.assigned': true, 'conversation.queued': true, 'conversation.parked': true, 'conversation.woken': true,
  'conversation.closed': true, 'conversation.reopened': true, 'conversation.tagged': true, 'conversation.untagged': true,
  'message.received': true, 'message.sent': true, 'message.edited': true, 'message.recalled': true,
  'note.added': true, 'note.edited': true, 'note.recalled': true,
  'contact.created': true, 'contact.updated': true, 'contact.merged': true, 'contact.erased': true, 'contact.tagged': true, 'contact.untagged': true,
  'survey.answered': true,
  'consent.given': true,
  'consent.withdrawn': true,
}

/** What can be told, by what it is about. */
export function kindGroups(notes: boolean): [string, HookKind[]][] {
  const groups = new Map<string, HookKind[]>()
  for (const kind of Object.keys(KINDS) as HookKind[]) {
    const about = kind.split('.')[0]!
    if (about !== 'note' || notes) groups.set(about, [...(groups.get(about) ?? []), kind])
  }
  return [...groups]
}

export type DeliveryState = HookDeliveryView['state']
export type Tone = 'good' | 'late' | 'bad' | 'quiet'

/** The tone of an endpoint or a delivery; its word stands in it. */
export function toneOf(state: EndpointView['state'] | DeliveryState, failing = false): Tone {
  if (state === 'stopped' || state === 'dead') return 'bad'
  if (state === 'off') return 'quiet'
  return failing || state === 'waiting' ? 'late' : 'good'
}

export const useHooks = (enabled: () => boolean = () => true): UseQueryReturnType<EndpointList, Error> =>
  useQuery({ queryKey: [HOOKS, 'list'], queryFn: () => take(integrationsListEndpoints()), enabled })

/** The log of an endpoint, newest first. */
export function useDeliveries(id: MaybeRefOrGetter<string>, of: MaybeRefOrGetter<DeliveryState | null>) {
  return useInfiniteQuery({
    queryKey: computed(() => [HOOKS, 'log', toValue(id), toValue(of)]),
    queryFn: ({ pageParam }) => take(integrationsListDeliveries({ path: { endpoint_id: toValue(id) }, query: { of: toValue(of), after: pageParam, limit: 50 } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? undefined,
  })
}

/** One delivery with all its attempts. */
export const readDelivery = (endpoint: string, delivery: string): Promise<HookDeliveryDetail> =>
  take(integrationsGetDelivery({ path: { endpoint_id: endpoint, delivery_id: delivery } }))
