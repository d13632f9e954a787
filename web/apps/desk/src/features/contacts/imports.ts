import {
  importsBegin,
  importsCheck,
  importsFaulty,
  importsGet,
  importsList,
  importsReport,
  importsRun,
  importsUndo,
  type FaultyRow,
  type ImportView,
  type ImportPlan,
} from '@kezhan/api'
import { useQuery, useQueryClient, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { take } from '../../call'

const IMPORTS = 'contact-imports'
const AT_WORK = new Set(['checking', 'running', 'undoing'])
export const isAtWork = (one: ImportView | undefined): boolean => one !== undefined && AT_WORK.has(one.state)

/** The lists of late; while one is at work they are read again and again. */
export const useImports = (): UseQueryReturnType<ImportView[], Error> =>
  useQuery({ queryKey: [IMPORTS], queryFn: async () => (await take(importsList())).items, refetchInterval: ({ state }) => (state.data?.some(isAtWork) ? 3000 : false) })

export const useImport = (id: MaybeRefOrGetter<string>): UseQueryReturnType<ImportView, Error> =>
  useQuery({
    queryKey: computed(() => [IMPORTS, toValue(id)]),
    queryFn: () => take(importsGet({ path: { import_id: toValue(id) } })),
    enabled: () => toValue(id) !== '',
    refetchInterval: ({ state }) => (isAtWork(state.data) ? 1000 : false),
  })

export const useFaultyRows = (id: MaybeRefOrGetter<string>, enabled: () => boolean): UseQueryReturnType<FaultyRow[], Error> =>
  useQuery({ queryKey: computed(() => [IMPORTS, toValue(id), 'faulty']), queryFn: async () => (await take(importsFaulty({ path: { import_id: toValue(id) } }))).items, enabled })

interface Keeping {
  begin: (file_id: string) => Promise<ImportView>
  check: (id: string, plan: ImportPlan) => Promise<void>
  run: (id: string) => Promise<void>
  undo: (id: string) => Promise<void>
}

export function useKeepImports(): Keeping {
  const queries = useQueryClient()
  const kept = async (asked: Promise<ImportView>): Promise<ImportView> => {
    const one = await asked
    queries.setQueryData([IMPORTS, one.id], one)
    await queries.invalidateQueries({ queryKey: [IMPORTS] })
    return one
  }
  const path = (import_id: string) => ({ path: { import_id } })
  return {
    begin: (file_id) => kept(take(importsBegin({ body: { file_id } }))),
    check: async (id, body) => void (await kept(take(importsCheck({ ...path(id), body })))),
    run: async (id) => void (await kept(take(importsRun(path(id))))),
    undo: async (id) => void (await kept(take(importsUndo(path(id))))),
  }
}

/** Saves the rows that were not taken, with their reasons. */
export async function saveReport(import_id: string): Promise<void> {
  const { name, media_type, text } = await take(importsReport({ path: { import_id } }))
  const address = URL.createObjectURL(new Blob([text], { type: media_type }))
  const link = Object.assign(document.createElement('a'), { href: address, download: name })
  link.click()
  URL.revokeObjectURL(address)
}
