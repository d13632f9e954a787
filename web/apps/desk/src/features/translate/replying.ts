import { computed, ref, watch, type ComputedRef, type Ref } from 'vue'
import { said } from '../../call'
import { readDraft } from './api'
import { useTranslations } from './store'

export interface Preview {
  original: string
  text: string
  busy: boolean
  fault: string
}

interface Replying {
  /** Whether replies are translated before they go out. */
  on: ComputedRef<boolean>
  preview: Ref<Preview | null>
  /** Has the words translated and shows what the customer would get. */
  ask: () => Promise<void>
  /** What goes out: the translation as it stands in the preview, with the words it was made of. */
  taken: () => { body: string; original: string } | null
  drop: () => void
}

/** A reply in the customer's language, seen before it is sent. */
export function useReplying(id: () => string, text: Ref<string>, saying: () => boolean): Replying {
  const translations = useTranslations()
  const preview = ref<Preview | null>(null)
  const on = computed(() => saying() && Boolean(translations.standings.get(id())?.on))
  const drop = (): void => void (preview.value = null)
  watch(on, (now) => now || drop())
  watch(text, drop)

  async function ask(): Promise<void> {
    const asked: Preview = { original: text.value.trim(), text: '', busy: true, fault: '' }
    preview.value = asked
    const mine = preview.value
    try {
      mine.text = (await readDraft(id(), asked.original)).text
    } catch (fault) {
      mine.fault = said(fault)
    }
    mine.busy = false
  }

  return {
    on,
    preview,
    ask,
    taken: () => (preview.value?.text.trim() ? { body: preview.value.text.trim(), original: preview.value.original } : null),
    drop,
  }
}
