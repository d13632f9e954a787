import { useStorage } from '@vueuse/core'
import type { Ref } from 'vue'

const MOST = 8

interface Recent {
  words: Ref<string[]>
  keep: (text: string) => void
  forget: (text?: string) => void
}

/** What a member has looked for on this device, the newest first. */
export function useRecent(memberId: string): Recent {
  const words = useStorage<string[]>(`kz.search.recent.${memberId}`, [])
  return {
    words,
    keep: (text) => {
      const said = text.trim()
      if (said) words.value = [said, ...words.value.filter((one) => one !== said)].slice(0, MOST)
    },
    forget: (text) => {
      words.value = text === undefined ? [] : words.value.filter((one) => one !== text)
    },
  }
}
