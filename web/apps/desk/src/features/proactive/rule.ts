import type { Conditions, RuleForm, RuleView } from '@kezhan/api'

/** A rule while it is written: numbers may be missing and lists are texts for a while. */
export interface Draft {
  name: string
  active: boolean
  zh: string
  en: string
  account_ids: string[]
  pages: string[]
  dwell_s: number
  min_pages: number
  min_visits: number
  sources: string[]
  campaign: string
  devices: string[]
  languages: string
  business_hours: boolean
  staffed: boolean
  every_days: number
}

export function draftOf(rule?: RuleView): Draft {
  const conditions: Conditions = rule?.conditions ?? {}
  return {
    name: rule?.name ?? '',
    active: rule?.active ?? true,
    zh: rule?.texts.zh ?? '',
    en: rule?.texts.en ?? '',
    account_ids: [...(conditions.account_ids ?? [])],
    pages: [...(conditions.pages ?? [])],
    dwell_s: conditions.dwell_s ?? 30,
    min_pages: conditions.min_pages ?? 1,
    min_visits: conditions.min_visits ?? 1,
    sources: [...(conditions.sources ?? [])],
    campaign: conditions.campaign ?? '',
    devices: [...(conditions.devices ?? [])],
    languages: (conditions.languages ?? []).join(', '),
    business_hours: conditions.business_hours ?? true,
    staffed: conditions.staffed ?? true,
    every_days: conditions.every_days ?? 7,
  }
}

export function formOf(draft: Draft): RuleForm {
  const { name, active, zh, en, languages, ...rest } = draft
  return {
    name: name.trim(),
    active,
    texts: { zh: zh.trim(), en: en.trim() },
    conditions: {
      ...rest,
      sources: rest.sources as NonNullable<Conditions['sources']>,
      devices: rest.devices as NonNullable<Conditions['devices']>,
      campaign: rest.campaign.trim(),
      languages: languages.split(/[,，、\s]+/).filter(Boolean),
    },
  }
}

/** The field of the form that a refusal names: `conditions.pages[3]` is a line of `pages`. */
export function fieldOf(named: string | null): keyof Draft | '' {
  const last = (named ?? '').replace(/^(conditions|texts)\.?/, '').replace(/[.[].*$/, '')
  if (!last && named?.startsWith('texts')) return 'zh'
  return last in draftOf() ? (last as keyof Draft) : ''
}

/** Accepted of those that were sent, in hundredths; null where nothing was. */
export const rateOf = ({ sent, accepted }: RuleView['counts']): number | null => (sent ? Math.round((100 * (accepted ?? 0)) / sent) : null)
