import type { AnswerField, FilterWords } from '@kezhan/api'
import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { useChannels, useKindWords } from '../channels'
import { isFor, useTags, type Thing } from '../tags'
import { useMembers, useSession, useTeams } from '../workspaces'
import { useFilterWords } from './api'
import { fields, peopleFields } from './conditions'

export interface Offered {
  value: string
  label: string
}

/** A heading has no value. */
export interface Subject {
  type?: 'label'
  value?: string
  label: string
}

interface Fields {
  words: ComputedRef<FilterWords | undefined>
  /** Everything a condition can be about, in groups with a heading each. */
  subjects: ComputedRef<Subject[][]>
  /** What a choice offers. */
  options: (field: string) => Offered[]
  answer: (is: string, field: string) => AnswerField | undefined
}

/** What conditions can be about and can name, by the names people know. `people`: of customers alone, the same whoever looks. */
export function useFields(people = false): Fields {
  const { t } = useI18n()
  const session = useSession()
  const words = useFilterWords(people)
  const members = useMembers()
  const teams = useTeams()
  const channels = useChannels()
  const kindName = useKindWords()
  const tags = useTags()

  const plain = (values: readonly string[] = []): Offered[] => values.map((value) => ({ value, label: value }))
  const named = (items: readonly { id: string; name: string }[] = []): Offered[] => items.map(({ id, name }) => ({ value: id, label: name }))
  const tagged = (thing: Thing): Offered[] => named((tags.data.value?.items ?? []).filter((tag) => !tag.merged_into && isFor(tag, thing)))
  const colleagues = (): Offered[] => [{ value: 'nobody', label: t('desk_views.nobody') }, ...named(members.data.value)]
  const me = (): Offered[] => [{ value: 'me', label: t('desk_views.me', { name: session.name }) }]
  const kinds = (): Offered[] => [...new Set((channels.data.value ?? []).map(({ adapter }) => adapter))].map((value) => ({ value, label: kindName(value) }))

  const options = computed<Record<string, Offered[]>>(() => ({
    // messages: desk_views.state.*
    state: ['queued', 'assigned', 'closed'].map((value) => ({ value, label: t(`desk_views.state.${value}`) })),
    channel: kinds(),
    account: named(channels.data.value),
    team: [{ value: 'mine', label: t('desk_views.myTeams') }, { value: 'none', label: t('desk_views.noTeam') }, ...named(teams.data.value)],
    assignee: [...me(), ...colleagues()],
    owner: people ? colleagues() : [...me(), ...colleagues()],
    tier: [{ value: '', label: t('desk_views.none') }, ...plain(words.data.value?.tiers)],
    source: [{ value: '', label: t('desk_views.none') }, ...plain(words.data.value?.sources)],
    tag: tagged('conversation'),
    company: [{ value: 'none', label: t('desk_views.noCompany') }, ...(words.data.value?.companies ?? [])],
    segment: words.data.value?.segments ?? [],
    contact_channel: kinds(),
    contact_account: named(channels.data.value),
    contact_tag: tagged('contact'),
    language: [{ value: '', label: t('desk_views.none') }, ...plain(words.data.value?.languages)],
  }))

  const subjects = computed<Subject[][]>(() => {
    // messages: desk_views.subject.*, desk_views.subjects.*
    const ours: Subject[][] = Object.entries<readonly string[]>(people ? peopleFields : fields).map(([is, names]) => [
      { type: 'label' as const, label: t(`desk_views.subjects.${is}`) },
      ...names.map((name) => ({ value: `${is}:${name}`, label: t(`desk_views.subject.${name}`) })),
    ])
    const answers = (words.data.value?.answers ?? []).map(({ id, label }) => ({ value: `answer:${id}`, label }))
    const attributes = plain(words.data.value?.attributes).map(({ value, label }) => ({ value: `attribute:${value}`, label }))
    if (answers.length) ours.push([{ type: 'label', label: t('desk_views.subjects.answer') }, ...answers])
    const own = (words.data.value?.fields ?? []).map(({ id, label }) => ({ value: `field:${id}`, label }))
    if (own.length) ours.push([{ type: 'label', label: t('desk_views.subjects.field') }, ...own])
    if (attributes.length) ours.push([{ type: 'label', label: t('desk_views.subjects.attribute') }, ...attributes])
    return ours
  })

  return {
    words: computed(() => words.data.value),
    subjects,
    options: (field) => options.value[field] ?? [],
    answer: (is, field) => words.data.value?.[is === 'field' ? 'fields' : 'answers'].find(({ id }) => id === field),
  }
}
