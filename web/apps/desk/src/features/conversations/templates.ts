import { channelsSendTemplate, channelsTemplates, type TemplateSend, type TemplateView } from '@kezhan/api'
import { useQuery, useQueryClient, type UseQueryReturnType } from '@tanstack/vue-query'
import { take } from '../../call'

/** Part of a template's text: its own words, or what stands in place of the variable `number` (from 0). */
export interface Piece {
  text: string
  number: number | null
}

const VARIABLE = /\{\{([1-9][0-9]?)\}\}/g
const OLD_MS = 60_000

/** The text with its variables filled; an empty value is left to whoever shows it. */
export function piecesOf({ text }: TemplateView, values: readonly string[]): Piece[] {
  const pieces: Piece[] = []
  let end = 0
  for (const found of text.matchAll(VARIABLE)) {
    const number = Number(found[1]) - 1
    if (found.index > end) pieces.push({ text: text.slice(end, found.index), number: null })
    pieces.push({ text: values[number]?.trim() ?? '', number })
    end = found.index + found[0].length
  }
  if (end < text.length) pieces.push({ text: text.slice(end), number: null })
  return pieces
}

export const keyOf = ({ name, language }: TemplateView): string => `${name}.${language}`

/** What people call it. */
export const nameOf = ({ title, name }: TemplateView): string => title || name

/** Whether all of the words are somewhere in its name or text. */
export function fits(template: TemplateView, wanted: string): boolean {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean)
  const where = `${template.title} ${template.name} ${template.text}`.toLowerCase()
  return words.every((word) => where.includes(word))
}

interface Templates {
  query: UseQueryReturnType<TemplateView[], Error>
  /** Asks the platform anew. */
  refresh: () => Promise<void>
}

/** What the platform lets be said in the conversation at any time. */
export function useTemplates(id: string): Templates {
  const queries = useQueryClient()
  const queryKey = ['templates', id]
  const read = async (fresh: boolean): Promise<TemplateView[]> =>
    (await take(channelsTemplates({ path: { conversation_id: id }, query: { fresh } }))).items
  return {
    query: useQuery({ queryKey, queryFn: () => read(false), staleTime: OLD_MS, retry: false }),
    refresh: async () => {
      queries.setQueryData(queryKey, await read(true))
    },
  }
}

/** A repeat with the same `client_id` says nothing a second time. */
export const sendTemplate = (id: string, form: TemplateSend): Promise<unknown> =>
  take(channelsSendTemplate({ path: { conversation_id: id }, body: form }))
