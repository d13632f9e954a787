import type { Order } from '@kezhan/api'
import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { useChannels, useKinds } from '../channels'
import { useSegments } from '../segments'
import { useTeams } from '../workspaces'
import { useCodes } from './codes'
import { PRIORITY, type FullRule, type FullStep } from './policy'
import { useSkills } from './settings'

export type Part = 'when' | 'pool' | 'order' | 'accept' | 'step'

export interface Phrase {
  part: Part
  text: string
}

/** Names of what a rule points at by id; what is gone says so. */
export interface Names {
  team: (id: string) => string
  skill: (id: string) => string
  channel: (id: string) => string
  kind: (name: string) => string
  segment: (id: string) => string
}

export function useNames(): ComputedRef<Names> {
  const { t } = useI18n()
  const teams = useTeams()
  const skills = useSkills()
  const channels = useChannels()
  const kinds = useKinds()
  const segments = useSegments()
  return computed(() => {
    const find = (rows: readonly { id: string; name: string }[] | undefined) => (id: string) => rows?.find((row) => row.id === id)?.name ?? (rows ? t('desk_reception.gone') : '…')
    return {
      team: find(teams.data.value),
      skill: find(skills.data.value),
      channel: find(channels.data.value),
      segment: find(segments.data.value?.items),
      kind: (name) => kinds.data.value?.find((one) => one.name === name)?.label ?? name,
    }
  })
}

/** A rule as one sentence in parts: who → to whom → by what order → what follows when nobody takes it. */
export function useSentence(): ComputedRef<(rule: FullRule) => Phrase[]> {
  const { t, locale } = useI18n()
  const names = useNames()
  const codes = useCodes()
  return computed(() => {
    const any = new Intl.ListFormat(locale.value, { type: 'disjunction' })
    const all = new Intl.ListFormat(locale.value, { type: 'conjunction' })
    const { team, skill, channel, kind, segment } = names.value
    const { language, region } = codes.value
    const listed = (ids: readonly string[], name: (id: string) => string): string => any.format(ids.map(name))

    const quoted = (word: string): string => t('desk_reception.say.quoted', { word })

    function when({ when: asked, active }: FullRule): string {
      // messages: desk_reception.say.when.*
      const say = (key: string, list: string): string => t(`desk_reception.say.when.${key}`, { list })
      const parts = [
        asked.tiers.length ? say('tiers', listed(asked.tiers, String)) : '',
        asked.segments.length ? say('segments', listed(asked.segments, segment)) : '',
        asked.account_ids.length ? say('from', listed(asked.account_ids, channel)) : '',
        asked.channels.length ? say('from', listed(asked.channels, kind)) : '',
        asked.languages.length ? say('languages', listed(asked.languages, language)) : '',
        asked.countries.length ? say('countries', listed(asked.countries, region)) : '',
        // messages: desk.visit.source.*
        asked.sources.length ? say('sources', listed(asked.sources, (name) => t(`desk.visit.source.${name}`))) : '',
        asked.pages.length ? say('pages', listed(asked.pages, quoted)) : '',
        asked.intents.length ? say('intents', listed(asked.intents, quoted)) : '',
        ...Object.entries(asked.attributes).map(([name, value]) => t('desk_reception.say.when.attribute', { name, value })),
      ].filter(Boolean)
      return (active ? '' : t('desk_reception.say.off')) + (parts.join(' · ') || t('desk_reception.say.anybody'))
    }

    function pool({ pool: who }: FullRule): string {
      const needs = who.needs.map(({ skill_id, level }) => (level > 1 ? t('desk_reception.say.level', { name: skill(skill_id), level }) : skill(skill_id)))
      return [
        who.team_ids.length ? listed(who.team_ids, team) : t('desk_reception.say.everybody'),
        needs.length ? t('desk_reception.say.needs', { list: all.format(needs) }) : '',
        who.by_language ? t('desk_reception.say.byLanguage') : '',
        who.by_region ? t('desk_reception.say.byRegion') : '',
      ].filter(Boolean).join(t('desk_reception.say.comma'))
    }

    function order({ order: by, priority, head_start }: FullRule): string {
      // messages: desk_reception.order.*
      const name = (one: Order): string => t(`desk_reception.order.${one}`)
      const [first, ...others] = by
      return [
        first ? t('desk_reception.say.first', { name: name(first) }) : t('desk_reception.say.inTurn'),
        ...others.map((one) => t('desk_reception.say.next', { name: name(one) })),
        priority !== PRIORITY ? t('desk_reception.say.priority', { priority }) : '',
        head_start ? t('desk_reception.say.headStart', { seconds: head_start }) : '',
      ].filter(Boolean).join(t('desk_reception.say.comma'))
    }

    function step(one: FullStep): string {
      const begins = [
        one.after_seconds === null ? '' : t('desk_reception.say.after', { seconds: one.after_seconds }),
        one.at_length === null ? '' : t('desk_reception.say.atLength', { count: one.at_length }),
      ].filter(Boolean)
      const does = [
        one.everybody ? t('desk_reception.say.addEverybody') : one.team_ids.length ? t('desk_reception.say.addTeams', { list: all.format(one.team_ids.map(team)) }) : '',
        one.drop_needs ? t('desk_reception.say.dropNeeds') : '',
        one.message ? t('desk_reception.say.message') : '',
      ].filter(Boolean)
      return t('desk_reception.say.step', { begins: begins.length ? any.format(begins) : t('desk_reception.say.never'), does: does.length ? does.join(t('desk_reception.say.comma')) : t('desk_reception.say.nothing') })
    }

    return (rule) => [
      { part: 'when', text: when(rule) },
      { part: 'pool', text: pool(rule) },
      { part: 'order', text: order(rule) },
      ...(rule.accept_seconds ? [{ part: 'accept' as const, text: t('desk_reception.say.accept', { seconds: rule.accept_seconds }) }] : []),
      ...rule.overflow.map((one) => ({ part: 'step' as const, text: step(one) })),
    ]
  })
}
