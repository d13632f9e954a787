import type { Colleague } from '@kezhan/api'
import { useToast } from '@nuxt/ui/composables'
import { nextTick, ref, watch, type Ref, type WritableComputedRef } from 'vue'
import { said } from '../../call'
import { namedIn, wantedAt, type NoteMore } from './named'
import { invite as letIn, useColleagues, useRefresh } from './together'

interface NoteNames {
  /** What has been written of a name; null while none is. */
  wanted: Ref<string | null>
  busy: Ref<boolean>
  /** The caret may stand elsewhere. */
  look: () => void
  pick: (one: Colleague) => void
  /** She does not see the conversation: let her in, then name her. */
  invite: (one: Colleague) => void
  shut: () => void
  /** Whom the text names as it stands. */
  more: () => NoteMore
}

/** "@" in a note: whom it names. */
export function useNoteNames(id: () => string, text: WritableComputedRef<string>, area: () => HTMLTextAreaElement | undefined, noting: () => boolean): NoteNames {
  const toast = useToast()
  const refresh = useRefresh()
  const colleagues = useColleagues(id, () => noting() && text.value.includes('@'))
  const wanted = ref<string | null>(null)
  const busy = ref(false)
  let shutFor: string | null = null

  function look(): void {
    const field = area()
    const found = field && noting() ? wantedAt(text.value, field.selectionStart) : null
    if (found !== shutFor) shutFor = null
    wanted.value = shutFor === null ? found : null
  }

  // An input method puts whole words in without a key of theirs.
  watch(text, () => void nextTick(look))

  function shut(): void {
    shutFor = wanted.value
    wanted.value = null
  }

  function pick({ name }: Pick<Colleague, 'name'>): void {
    const field = area()
    if (!field || wanted.value === null) return
    const caret = field.selectionStart
    const from = caret - wanted.value.length
    const put = `${name} `
    text.value = text.value.slice(0, from) + put + text.value.slice(caret)
    wanted.value = null
    void nextTick(() => {
      field.focus()
      field.setSelectionRange(from + put.length, from + put.length)
    })
  }

  async function invite(one: Colleague): Promise<void> {
    busy.value = true
    try {
      await letIn(id(), one.id)
      await colleagues.refetch()
      refresh(id())
      pick(one)
    } catch (fault) {
      toast.add({ title: said(fault), color: 'error', icon: 'i-lucide-circle-alert' })
    } finally {
      busy.value = false
    }
  }

  return { wanted, busy, look, pick, invite: (one) => void invite(one), shut, more: () => namedIn(text.value, colleagues.data.value) }
}
