import { proactiveGeography, proactiveListRules, proactiveVisitors, type Geography, type OnSite, type RuleList, type Source, type Talk } from '@kezhan/api'
import { keepPreviousData, useInfiniteQuery, useQuery, type UseInfiniteQueryReturnType, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { take } from '../../call'

/** The list that the server calls stale, and the key of what is read of it. */
export const TOPIC = 'visitors'
/** Should a word from the server be lost. */
const AGAIN_MS = 30_000
const PAGE = 50

export interface Filter {
  country: string
  source: Source | ''
  talk: Talk | ''
  page: string
}

export const NO_FILTER: Filter = { country: '', source: '', talk: '', page: '' }

type Pages = { pages: { items: OnSite[]; next?: string | null }[] }

export function useVisitors(filter: Ref<Filter>): UseInfiniteQueryReturnType<Pages, Error> {
  return useInfiniteQuery({
    queryKey: computed(() => [TOPIC, 'now', filter.value]),
    queryFn: ({ pageParam }) => {
      const { country, source, talk, page } = filter.value
      return take(proactiveVisitors({ query: { country, source: source || null, talk: talk || null, page, after: pageParam, limit: PAGE } }))
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: AGAIN_MS,
  }) as UseInfiniteQueryReturnType<Pages, Error>
}

export function useGeography(): UseQueryReturnType<Geography, Error> {
  return useQuery({ queryKey: [TOPIC, 'geography'], queryFn: () => take(proactiveGeography()), refetchInterval: AGAIN_MS })
}

export function useRules(): UseQueryReturnType<RuleList, Error> {
  return useQuery({ queryKey: ['invite-rules'], queryFn: () => take(proactiveListRules()) })
}

/** A country's name in the reader's language; the code where the browser has none. */
export function useCountries(): (code: string) => string {
  const { locale } = useI18n()
  const names = computed(() => new Intl.DisplayNames([locale.value], { type: 'region' }))
  return (code) => {
    try {
      return names.value.of(code) ?? code
    } catch {
      return code
    }
  }
}

/** A language's name in the reader's language, by its tag; the tag where the browser has none. */
export function useLanguages(): (tag: string) => string {
  const { locale } = useI18n()
  const names = computed(() => new Intl.DisplayNames([locale.value], { type: 'language' }))
  return (tag) => {
    try {
      return names.value.of(tag.split('-')[0] ?? tag) ?? tag
    } catch {
      return tag
    }
  }
}

/** What a visitor is called. */
export function useVisitorName(): (one: Pick<OnSite, 'name' | 'number'>) => string {
  const { t } = useI18n()
  return ({ name, number }) => name || t('desk.visitor', { number })
}

/** Whether somebody may be invited: she talks to nobody and has no invitation that is open. */
export const invitable = (one: OnSite): boolean => !one.conversation && one.invite?.state !== 'sent'
