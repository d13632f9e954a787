import type { RuleBody } from '@kezhan/api'
import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { useFilterWords } from '../views'

export type Cause = RuleBody['when']
export const kinds = ['opened', 'closed', 'wrote', 'rated', 'edited'] as const satisfies readonly Cause['is'][]
const profile = ['name', 'email', 'phone', 'language', 'note', 'tier', 'owner_id', 'company_id']

export const fresh = (is: Cause['is']): Cause =>
  is === 'wrote' ? { is, words: [] } : is === 'rated' ? { is, scale: 'csat', least: null, most: 2 } : is === 'edited' ? { is, field: 'tier' } : { is }

/** Whether it says enough to be kept. */
export const isWhole = (cause: Cause): boolean => cause.is !== 'wrote' || cause.words.length > 0

interface Causes {
  /** Fields of customers that can be edited, the workspace's own behind the others. */
  fields: ComputedRef<{ value: string; label: string }[]>
  /** In one phrase. */
  say: (cause: Cause) => string
}

export function useCauses(): Causes {
  const { t } = useI18n()
  const words = useFilterWords(true)
  // messages: desk_tagging.fields.*, desk_tagging.says.*, desk_tagging.grade.*, desk_tagging.scales.*
  const fields = computed(() => [
    ...profile.map((value) => ({ value, label: t(`desk_tagging.fields.${value}`) })),
    ...(words.data.value?.fields ?? []).map(({ id, label }) => ({ value: id, label })),
  ])

  function say(cause: Cause): string {
    if (cause.is === 'wrote') return t('desk_tagging.says.wrote', { words: cause.words.join(t('desk_tagging.list')) })
    if (cause.is === 'edited') return t('desk_tagging.says.edited', { field: fields.value.find(({ value }) => value === cause.field)?.label ?? cause.field })
    if (cause.is !== 'rated') return t(`desk_tagging.says.${cause.is}`)
    const { least, most } = { least: cause.least ?? null, most: cause.most ?? null }
    const ends = least !== null && most !== null ? 'between' : least !== null ? 'least' : most !== null ? 'most' : null
    return t('desk_tagging.says.rated', { scale: t(`desk_tagging.scales.${cause.scale ?? 'csat'}`), grade: ends ? t(`desk_tagging.grade.${ends}`, { least, most }) : '' })
  }
  return { fields, say }
}
