import { channelsGet, channelsKinds, channelsList, type ChannelKind, type ChannelView } from '@kezhan/api'
import { useQuery, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { take } from '../../call'

/** The kinds of channel, in the reader's language. */
export function useKinds(): UseQueryReturnType<ChannelKind[], Error> {
  const { locale } = useI18n()
  const queryKey = computed(() => ['channel-kinds', locale.value])
  return useQuery({ queryKey, queryFn: async () => (await take(channelsKinds())).items, staleTime: Infinity })
}

export function useChannels(): UseQueryReturnType<ChannelView[], Error> {
  return useQuery({ queryKey: ['channels'], queryFn: async () => (await take(channelsList())).items })
}

export function useChannel(id: Ref<string>): UseQueryReturnType<ChannelView, Error> {
  const queryKey = computed(() => ['channels', id.value])
  return useQuery({ queryKey, queryFn: () => take(channelsGet({ path: { account_id: id.value } })) })
}

export const glyphOf = (adapter: string): string => (adapter === 'webchat' ? 'i-lucide-globe' : 'i-lucide-plug')

/** The line a site's owner puts into her pages. */
export const snippet = (key: string): string => `<script src="${location.origin}/widget.js" data-site="${key}" async></${'script'}>`
