import { useDebounceFn } from '@vueuse/core'
import { onBeforeUnmount, ref, watch, type Ref } from 'vue'
import { putDraft } from './api'
import type { Open } from './threads'

const SAVE_MS = 700

interface Draft {
  body: Ref<string>
  note: Ref<boolean>
  clear: () => void
}

/** What is being written into `open`, kept on the server as it is typed. */
export function useDraft(open: Open): Draft {
  const body = ref(open.draft?.body ?? '')
  const note = ref(open.draft?.note ?? false)
  let saved = `${note.value}${body.value}`

  function save(): void {
    const now = `${note.value}${body.value}`
    if (now === saved) return
    saved = now
    // A draft that could not be kept is still in the field; the next letter tries again.
    putDraft(open.id, body.value, note.value).catch(() => (saved = ''))
  }
  const saveSoon = useDebounceFn(save, SAVE_MS)

  watch([body, note], () => {
    open.draft = { body: body.value, note: note.value }
    void saveSoon()
  })
  onBeforeUnmount(save)

  return {
    body,
    note,
    clear: () => {
      body.value = ''
    },
  }
}
