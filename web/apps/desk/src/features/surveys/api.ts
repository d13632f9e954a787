import { reportsSurveyAnswers, reportsSurveys, surveysInvite, surveysList, surveysListFollowUps, surveysOfConversation, type AnswerLine, type ConversationSurvey, type SurveyFigures, type SurveyView } from '@kezhan/api'
import { useInfiniteQuery, useQuery, useQueryClient, type UseInfiniteQueryReturnType, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { take } from '../../call'

/** The list that the server calls stale, and the key of all that is read of it. */
export const TOPIC = 'surveys'
const PAGE = 30

export type Score = 'good' | 'middling' | 'bad'

export interface Filter {
  days: number
  score: Score | ''
  comments: boolean
}

type Pages = { pages: { items: AnswerLine[]; next?: string | null }[] }

export function useSurveys(): UseQueryReturnType<SurveyView[], Error> {
  return useQuery({ queryKey: ['survey-list'], queryFn: async () => (await take(surveysList())).items })
}

/** What the customer of a conversation was asked and has answered. `spoken`: somebody of us has replied, so that she may be asked. */
export function useConversationSurvey(id: MaybeRefOrGetter<string>, state: MaybeRefOrGetter<string>, spoken: MaybeRefOrGetter<boolean>): UseQueryReturnType<ConversationSurvey, Error> {
  const queryKey = computed(() => [TOPIC, 'of', toValue(id), toValue(state), toValue(spoken)])
  const queryFn = (): Promise<ConversationSurvey> => take(surveysOfConversation({ path: { conversation_id: toValue(id) } }))
  return useQuery({ queryKey, queryFn, staleTime: 10_000, retry: false })
}

/** Asks the customer now. */
export function useInvite(): (id: string) => Promise<void> {
  const queries = useQueryClient()
  return async (id) => {
    try {
      await take(surveysInvite({ path: { conversation_id: id } }))
    } finally {
      await queries.invalidateQueries({ queryKey: [TOPIC, 'of', id] })
    }
  }
}

/** Read while `enabled`, as the other lists of the page. */
export function useFigures(days: MaybeRefOrGetter<number>, enabled: MaybeRefOrGetter<boolean>): UseQueryReturnType<SurveyFigures, Error> {
  const queryKey = computed(() => [TOPIC, 'figures', toValue(days)])
  return useQuery({ queryKey, queryFn: () => take(reportsSurveys({ query: { days: toValue(days) } })), placeholderData: (before: SurveyFigures | undefined) => before, enabled })
}

export function useAnswers(filter: MaybeRefOrGetter<Filter>, enabled: MaybeRefOrGetter<boolean>): UseInfiniteQueryReturnType<Pages, Error> {
  return useInfiniteQuery({
    queryKey: computed(() => [TOPIC, 'answers', toValue(filter)]),
    queryFn: ({ pageParam }) => {
      const { days, score, comments } = toValue(filter)
      return take(reportsSurveyAnswers({ query: { days, score: score || null, comments, after: pageParam, limit: PAGE } }))
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? undefined,
    enabled,
  }) as UseInfiniteQueryReturnType<Pages, Error>
}

export function useFollowUps(done: MaybeRefOrGetter<boolean>, mine: MaybeRefOrGetter<boolean>, enabled: MaybeRefOrGetter<boolean>): UseInfiniteQueryReturnType<Pages, Error> {
  return useInfiniteQuery({
    queryKey: computed(() => [TOPIC, 'follow-ups', toValue(done), toValue(mine)]),
    queryFn: ({ pageParam }) => take(surveysListFollowUps({ query: { done: toValue(done), mine: toValue(mine), after: pageParam, limit: PAGE } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? undefined,
    enabled,
  }) as UseInfiniteQueryReturnType<Pages, Error>
}

/** All that is read of answers and follow-ups is read anew. */
export function useRenew(): () => Promise<void> {
  const queries = useQueryClient()
  return () => queries.invalidateQueries({ queryKey: [TOPIC] })
}
