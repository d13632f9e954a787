import type { DraftMoved } from '@kezhan/api'
import { useDebounceFn } from '@vueuse/core'
import { onBeforeUnmount, ref, watch, type Ref } from 'vue'
import { readDraft } from './api'
import { bring, hold, onDraft, tellDraft, unsaved, type Draft } from './drafting'
import { useThreads, type Open } from './threads'

const SAVE_MS = 700

interface Drafting {
  body: Ref<string>
  note: Ref<boolean>
  clear: () => void
}

/** What is being written into `open`: kept on this device at once, and on the server as it is typed, for the others. */
export function useDraft(open: Open): Drafting {
  const begun: Draft = unsaved(open.id) ?? open.draft ?? { body: '', note: false, version: 0 }
  const body = ref(begun.body)
  const note = ref(begun.note)
  let known = begun

  async function save(): Promise<void> {
    // What cannot be kept there now is kept here; the next letter, or the line, tries again.
    const stands = await bring(open.id).catch(() => null)
    if (stands) open.draft = known = { ...stands, body: body.value, note: note.value }
  }
  const saveSoon = useDebounceFn(save, SAVE_MS)

  function take(draft: Draft): void {
    open.draft = known = draft
    body.value = draft.body
    note.value = draft.note
  }

  watch([body, note], () => {
    if (body.value === known.body && note.value === known.note) return
    open.draft = known = { body: body.value, note: note.value, version: known.version }
    hold(open.id, known)
    void saveSoon()
  })
  const stop = onDraft(open.id, take)
  if (unsaved(open.id)) void save()
  onBeforeUnmount(() => {
    stop()
    void save()
  })

  return {
    body,
    note,
    clear: () => {
      body.value = ''
    },
  }
}

/** Another device has written: who has not, shows it; who has, keeps both. */
export async function onDraftMoved({ conversation_id: id, version }: DraftMoved): Promise<void> {
  const one = useThreads().opened(id)
  if (!one?.draft || one.draft.version >= version) return
  if (unsaved(id)) {
    await bring(id).catch(() => null)
    return
  }
  const draft = await readDraft(id).catch(() => null)
  if (!draft || unsaved(id) || (one.draft?.version ?? 0) >= draft.version) return
  one.draft = { body: draft.body, note: draft.note, version: draft.version }
  tellDraft(id, one.draft)
}
