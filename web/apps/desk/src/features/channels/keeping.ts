import type { Saving } from '@kezhan/ui/saving.ts'
import { ref, watch, type ComputedRef, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { onBeforeRouteLeave, onBeforeRouteUpdate } from 'vue-router'
import { useSaving } from '../../saving'
import { spoken, type Spoken } from './replies'

interface Keeping<T> {
  draft: Ref<T | null>
  dirty: ComputedRef<boolean>
  state: Ref<Saving>
  /** Of the whole form. */
  fault: Ref<string>
  /** By field, as the server names them: "busy.zh". */
  faults: Ref<Record<string, string>>
  /** Which of the texts is shown; a refused one comes to the front. */
  language: Ref<Spoken>
  save: () => Promise<void>
}

/** A form with texts in both languages: what is stored, what is being changed, and the keeping of it. `fields`: those
 *  that a refusal can stand beside. */
export function useKeeping<T>(data: Ref<T | undefined>, keep: (draft: T) => Promise<T>, manages: () => boolean, fields: readonly string[]): Keeping<T> {
  const { t, locale } = useI18n()
  const draft = ref(null) as Ref<T | null>
  const language = ref<Spoken>(locale.value === 'en' ? 'en' : 'zh')
  const { dirty, state, fault, faults, settle, send } = useSaving(() => draft.value, beside)

  function beside(field: string): string | undefined {
    if (!fields.includes(field)) return undefined
    language.value = spoken.find((one) => field.endsWith(`.${one}`)) ?? language.value
    return field
  }
  function start(from: T): void {
    draft.value = JSON.parse(JSON.stringify(from)) as T
    settle()
  }
  // A colleague's change shows, but never over what is being changed here.
  watch(data, (found) => found && !dirty.value && start(found), { immediate: true })
  const mayLeave = (): boolean => !dirty.value || !manages() || state.value === 'saving' || confirm(t('desk.leave'))
  onBeforeRouteLeave(mayLeave)
  // The other tabs of the channel are the same page.
  onBeforeRouteUpdate(mayLeave)

  async function save(): Promise<void> {
    const written = draft.value
    if (!written) return
    const kept = await send(() => keep(written))
    if (kept && !dirty.value) start(kept)
  }

  return { draft, dirty, state, fault, faults, language, save }
}
