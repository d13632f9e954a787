import { channelsAutoReplies, channelsPutAutoReplies, type AutoReplies, type ReplyTexts } from '@kezhan/api'
import { useQuery, useQueryClient, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { take } from '../../call'
import { TOPIC } from './api'

export const spoken = ['zh', 'en'] as const
export type Spoken = (typeof spoken)[number]

/** What a channel says by itself, in the order of a conversation, with what each of the texts may name. */
export const replyNames = ['greeting', 'closed', 'busy'] as const
export type ReplyName = (typeof replyNames)[number]
/** What it says where its customer says nothing more. */
export const idleNames = ['warning', 'closing'] as const
export type TextName = ReplyName | (typeof idleNames)[number]
export const variables: Record<TextName, readonly string[]> = { greeting: [], closed: ['opens'], busy: ['place', 'wait'], warning: ['minutes'], closing: [] }
export const fieldsOf = (names: readonly TextName[]): string[] => names.flatMap((name) => spoken.map((language) => `${name}.${language}`))

export type Replies = Record<ReplyName, Required<ReplyTexts>> & { busy_seconds: number }

export const repliesOf = ({ greeting, closed, busy, busy_seconds }: AutoReplies): Replies => ({
  greeting: { zh: '', en: '', ...greeting },
  closed: { zh: '', en: '', ...closed },
  busy: { zh: '', en: '', ...busy },
  busy_seconds: busy_seconds ?? 60,
})

/** The text for readers of a language; of one there is in the other language only, that. */
export const textFor = (texts: Required<ReplyTexts>, language: Spoken): { language: Spoken; text: string } => {
  const other = language === 'zh' ? 'en' : 'zh'
  return texts[language].trim() || !texts[other].trim() ? { language, text: texts[language] } : { language: other, text: texts[other] }
}

/** As it is sent: without the lines that name what is not known. */
export function filled(text: string, known: Record<string, string>): string {
  const names = (line: string): string[] => [...line.matchAll(/\{(\w+)\}/g)].map((found) => found[1] ?? '')
  const lines = text.split('\n').filter((line) => names(line).every((name) => known[name]))
  return lines.join('\n').replace(/\{(\w+)\}/g, (_, name: string) => known[name] ?? '').trim()
}

export function useReplies(id: Ref<string>): UseQueryReturnType<Replies, Error> {
  const queryKey = computed(() => [TOPIC, id.value, 'replies'])
  return useQuery({ queryKey, queryFn: async () => repliesOf(await take(channelsAutoReplies({ path: { account_id: id.value } }))) })
}

/** Keeps them; what was kept. */
export function useKeepReplies(): (id: string, replies: Replies) => Promise<Replies> {
  const queries = useQueryClient()
  return async (id, replies) => {
    const kept = repliesOf(await take(channelsPutAutoReplies({ path: { account_id: id }, body: replies })))
    queries.setQueryData([TOPIC, id, 'replies'], kept)
    return kept
  }
}
