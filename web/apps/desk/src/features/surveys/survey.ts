import type { SurveyDefinition, SurveyForm, SurveyQuestion, SurveyView } from '@kezhan/api'

export type Kind = SurveyQuestion['kind']
export type Spoken = 'zh' | 'en'
export const spoken: readonly Spoken[] = ['zh', 'en']
export const kinds: readonly Kind[] = ['csat', 'resolved', 'nps', 'text', 'one', 'many']
export const MAX_OWN = 5
export const FACES = ['😞', '🙁', '😐', '🙂', '😄'] as const

export interface Words {
  zh: string
  en: string
}

export interface Question {
  key: string
  kind: Kind
  text: Words
  options: Words[]
}

/** A survey while it is written: everything is there, empty or not. */
export interface Draft {
  name: string
  active: boolean
  account_ids: string[]
  team_ids: string[]
  automatic: boolean
  by_hand_on: string[]
  hours: number
  look: 'stars' | 'faces'
  questions: Question[]
  comment: boolean
  ask: Words
  thanks: Words
  wordings: { account_id: string; ask: Words; thanks: Words }[]
  numbers: boolean
  link: boolean
  follow_up: boolean
  bad_csat: number
  follow_id: string
}

const words = (from?: Partial<Words>): Words => ({ zh: from?.zh ?? '', en: from?.en ?? '' })

export function draftOf(view?: SurveyView): Draft {
  const from: SurveyDefinition = view?.definition ?? { questions: [{ key: 'q1', kind: 'csat' }] }
  return {
    name: view?.name ?? '',
    active: view?.active ?? true,
    account_ids: [...(from.account_ids ?? [])],
    team_ids: [...(from.team_ids ?? [])],
    automatic: from.automatic ?? true,
    by_hand_on: [...(from.by_hand_on ?? [])],
    hours: from.hours ?? 72,
    look: from.look ?? 'stars',
    questions: from.questions.map(({ key, kind, text, options }) => ({ key, kind, text: words(text), options: (options ?? []).map(words) })),
    comment: from.comment ?? true,
    ask: words(from.ask),
    thanks: words(from.thanks),
    wordings: (from.wordings ?? []).map(({ account_id, ask, thanks }) => ({ account_id, ask: words(ask), thanks: words(thanks) })),
    numbers: from.numbers ?? true,
    link: from.link ?? true,
    follow_up: from.follow_up ?? true,
    bad_csat: from.bad_csat ?? 2,
    follow_id: from.follow_id ?? '',
  }
}

export function formOf({ name, active, follow_id, ...definition }: Draft): SurveyForm {
  return { name: name.trim(), active, definition: { ...definition, follow_id: follow_id || null } }
}

const OWN: readonly Kind[] = ['text', 'one', 'many']
const isOwn = (kind: Kind): boolean => OWN.includes(kind)

/** Which kinds of question may still be added: each with a number once, of one's own so many. */
export function addable(questions: readonly Question[]): Kind[] {
  const own = questions.filter(({ kind }) => isOwn(kind)).length
  return kinds.filter((kind) => (isOwn(kind) ? own < MAX_OWN : !questions.some((one) => one.kind === kind)))
}

export function newQuestion(kind: Kind, questions: readonly Question[]): Question {
  const taken = new Set(questions.map(({ key }) => key))
  let number = questions.length + 1
  while (taken.has(`q${number}`)) number += 1
  return { key: `q${number}`, kind, text: words(), options: kind === 'one' || kind === 'many' ? [words(), words()] : [] }
}

/** A text as a reader of this language gets it. */
export const inLanguage = (text: Words, language: Spoken): string => text[language].trim() || text[language === 'zh' ? 'en' : 'zh'].trim()

/** Stars and what else was answered, as short as can be. */
export function gist(one: { csat?: number | null; resolved?: boolean | null; nps?: number | null }): string[] {
  return [one.csat == null ? '' : `${one.csat}/5`, one.nps == null ? '' : `NPS ${one.nps}`].filter(Boolean)
}

/** How an answer looks: bad ones stand out. */
export function toneOf(one: { csat?: number | null; resolved?: boolean | null; nps?: number | null }): 'good' | 'middling' | 'bad' {
  if (one.csat != null) return one.csat >= 4 ? 'good' : one.csat === 3 ? 'middling' : 'bad'
  if (one.resolved != null) return one.resolved ? 'good' : 'bad'
  return (one.nps ?? 0) >= 9 ? 'good' : (one.nps ?? 0) >= 7 ? 'middling' : 'bad'
}
