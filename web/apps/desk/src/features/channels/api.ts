import { channelsChecks, channelsGet, channelsGetSwitch, channelsHealth, channelsKinds, channelsList, reportsChannel, reportsTrial, type ChannelFigures, type ChannelKind, type ChannelView, type CheckView, type HealthView, type SwitchView, type Trial } from '@kezhan/api'
import { useQuery, useQueryClient, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, toValue, type ComputedRef, type MaybeRefOrGetter, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { take } from '../../call'

/** What the server calls stale; everything below hangs from it. */
export const TOPIC = 'channels'
/** What goes through a channel is told by nobody. */
const AGAIN_MS = 15_000

/** The kinds of channel, in the reader's language. */
export function useKinds(enabled: MaybeRefOrGetter<boolean> = true): UseQueryReturnType<ChannelKind[], Error> {
  const { locale } = useI18n()
  const queryKey = computed(() => ['channel-kinds', locale.value])
  return useQuery({ queryKey, queryFn: async () => (await take(channelsKinds())).items, staleTime: Infinity, enabled })
}

// What the words of the desk have a name for, nobody asks the server.
const OWN = new Set(['webchat', 'open'])

/** What kinds are called, each its own word where the server has none for this reader. */
export function useKindWords(enabled: MaybeRefOrGetter<boolean> = true): (adapter: string) => string {
  const { t } = useI18n()
  const kinds = useKinds(enabled)
  // messages: desk.channel.*
  return (adapter) => (OWN.has(adapter) ? t(`desk.channel.${adapter}`) : (kinds.data.value?.find((kind) => kind.name === adapter)?.label ?? (kinds.isPending.value ? '' : adapter)))
}

/** What a kind is called. */
export function useKindName(adapter: MaybeRefOrGetter<string>): ComputedRef<string> {
  const words = useKindWords(() => !OWN.has(toValue(adapter)))
  return computed(() => words(toValue(adapter)))
}

export function useChannels(): UseQueryReturnType<ChannelView[], Error> {
  return useQuery({ queryKey: [TOPIC], queryFn: async () => (await take(channelsList())).items })
}

export function useChannel(id: Ref<string>): UseQueryReturnType<ChannelView, Error> {
  const queryKey = computed(() => [TOPIC, id.value])
  return useQuery({ queryKey, queryFn: () => take(channelsGet({ path: { account_id: id.value } })) })
}

/** How each channel in use is, by its id; read again every `refetchInterval` milliseconds. */
export function useHealth(refetchInterval: MaybeRefOrGetter<number> = AGAIN_MS): UseQueryReturnType<Record<string, HealthView>, Error> {
  const read = async (): Promise<Record<string, HealthView>> => Object.fromEntries((await take(channelsHealth())).items.map((one) => [one.id, one]))
  return useQuery({ queryKey: [TOPIC, 'health'], queryFn: read, refetchInterval: () => toValue(refetchInterval) })
}

/** How a channel comes over from the desk of before. */
export function useSwitch(id: MaybeRefOrGetter<string>): UseQueryReturnType<SwitchView, Error> {
  const queryKey = computed(() => [TOPIC, toValue(id), 'switch'])
  return useQuery({ queryKey, queryFn: () => take(channelsGetSwitch({ path: { account_id: toValue(id) } })) })
}

/** What that has come to, and whether it goes on. */
export function useTrial(id: MaybeRefOrGetter<string>): UseQueryReturnType<Trial, Error> {
  const queryKey = computed(() => [TOPIC, toValue(id), 'trial'])
  return useQuery({ queryKey, queryFn: () => take(reportsTrial({ path: { account_id: toValue(id) } })), refetchInterval: AGAIN_MS })
}

/** What a channel has come to, today and in the days before it. */
export function useFigures(id: MaybeRefOrGetter<string>, days: Ref<number>): UseQueryReturnType<ChannelFigures, Error> {
  const queryKey = computed(() => [TOPIC, toValue(id), 'figures', days.value])
  const queryFn = (): Promise<ChannelFigures> => take(reportsChannel({ path: { account_id: toValue(id) }, query: { days: days.value } }))
  return useQuery({ queryKey, queryFn, refetchInterval: AGAIN_MS * 2, placeholderData: (before: ChannelFigures | undefined) => before })
}

/** How a channel was tried from end to end, newest first. */
export function useChecks(id: MaybeRefOrGetter<string>): UseQueryReturnType<CheckView[], Error> {
  const queryKey = computed(() => [TOPIC, toValue(id), 'checks'])
  return useQuery({ queryKey, queryFn: async () => (await take(channelsChecks({ path: { account_id: toValue(id) } }))).items })
}

/** Everything about channels is read anew. */
export function useRenewChannels(): () => Promise<void> {
  const queries = useQueryClient()
  return () => queries.invalidateQueries({ queryKey: [TOPIC] })
}

/** Why something did not arrive, in words, by the kind of its fault. */
export function useFaultWords(): (fault: string) => string {
  const { t, te } = useI18n()
  // messages: channels.fault_*
  return (fault) => (te(`channels.fault_${fault}`) ? t(`channels.fault_${fault}`) : t('channels.fault_permanent'))
}

/** Whether a channel is our own chat: nothing of it goes through a platform. */
export const isSite = (adapter: string): boolean => adapter === 'webchat'

/** The line a site's owner puts into her pages. */
export const snippet = (key: string): string => `<script src="${location.origin}/widget.js" data-site="${key}" async></${'script'}>`
