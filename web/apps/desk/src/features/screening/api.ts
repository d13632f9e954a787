import {
  screeningChange,
  screeningCreate,
  screeningHits,
  screeningList,
  screeningOne,
  screeningRemove,
  screeningTry,
  type PageKezhanScreeningSchemasWordHit as PageWordHit,
  type WordTrial,
  type WordTried,
  type WordList,
  type WordListEdit,
  type WordListForm,
  type WordLists,
} from '@kezhan/api'
import { useInfiniteQuery, useQuery, useQueryClient, type UseInfiniteQueryReturnType, type UseQueryReturnType, type InfiniteData } from '@tanstack/vue-query'
import { take } from '../../call'

const WORDS = 'words'

export const useWordLists = (): UseQueryReturnType<WordLists, Error> =>
  useQuery({ queryKey: [WORDS, 'lists'], queryFn: () => take(screeningList()) })

export const readWordList = (list_id: string): Promise<WordList> => take(screeningOne({ path: { list_id } }))

export const tryWords = (body: WordTrial): Promise<WordTried> => take(screeningTry({ body }))

/** Messages that held a word, newest first, a page at a time. */
export const useWordHits = (): UseInfiniteQueryReturnType<InfiniteData<PageWordHit>, Error> =>
  useInfiniteQuery({
    queryKey: [WORDS, 'hits'],
    queryFn: ({ pageParam }) => take(screeningHits({ query: { after: pageParam, limit: 20 } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? undefined,
  })

interface Keeping {
  create: (body: WordListForm) => Promise<WordList>
  change: (list_id: string, body: WordListEdit) => Promise<WordList>
  remove: (list_id: string) => Promise<unknown>
}

export function useKeepWords(): Keeping {
  const queries = useQueryClient()
  const renewed = async <T>(done: Promise<T>): Promise<T> => {
    try {
      return await done
    } finally {
      await queries.invalidateQueries({ queryKey: [WORDS] })
    }
  }
  return {
    create: (body) => renewed(take(screeningCreate({ body }))),
    change: (list_id, body) => renewed(take(screeningChange({ path: { list_id }, body }))),
    remove: (list_id) => renewed(take(screeningRemove({ path: { list_id } }))),
  }
}
