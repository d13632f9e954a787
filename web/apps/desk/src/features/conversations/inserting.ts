import { createEventHook } from '@vueuse/core'
import { nextTick, type Ref } from 'vue'

const asked = createEventHook<{ id: string; words: string }>()

/** Puts words where the cursor stands in the composer of a conversation. */
export const putIn = (id: string, words: string): void => void asked.trigger({ id, words })

/** The composer of `id` takes what is put into it; what is returned does the same from within. */
export function usePutIn(id: () => string, text: Ref<string>, area: () => HTMLTextAreaElement | undefined): (words: string) => void {
  function insert(words: string): void {
    const field = area()
    const at = field?.selectionStart ?? text.value.length
    text.value = text.value.slice(0, at) + words + text.value.slice(field?.selectionEnd ?? at)
    void nextTick(() => field?.setSelectionRange(at + words.length, at + words.length))
  }
  asked.on((what) => what.id === id() && insert(what.words))
  return insert
}
