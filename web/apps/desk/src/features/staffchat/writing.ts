import { nextTick, ref, watch, type Ref, type WritableComputedRef } from 'vue'
import { partsOfText, wantedAt } from '../conversations'
import { sayTyping } from './api'
import { useStaff } from './store'

const TYPING_MS = 3000

interface Draft {
  body: Ref<string>
  /** Tells the others, now and then, that somebody writes. */
  typed: () => void
  clear: () => void
}

/** What is being written in a room, kept in this browser. */
export function useStaffDraft(room: () => string): Draft {
  const staff = useStaff()
  const key = `kz.staff.draft.${staff.me}.${room()}`
  const body = ref(localStorage.getItem(key) ?? '')
  let told = 0
  watch(body, (text) => (text ? localStorage.setItem(key, text) : localStorage.removeItem(key)))

  function typed(): void {
    if (Date.now() - told < TYPING_MS) return
    told = Date.now()
    // Nobody misses a word that only says that somebody is writing.
    sayTyping(room()).catch(() => {})
  }

  return { body, typed, clear: () => (body.value = '') }
}

interface Mentions {
  /** What has been written of a name; null while none is. */
  wanted: Ref<string | null>
  look: () => void
  pick: (name: string) => void
  shut: () => void
  /** Whom the text names as it stands. */
  ids: () => string[]
}

/** "@" in a room: whom of those in it the words name. */
export function useStaffMentions(text: WritableComputedRef<string>, area: () => HTMLTextAreaElement | undefined, inside: () => string[]): Mentions {
  const staff = useStaff()
  const wanted = ref<string | null>(null)
  let shutFor: string | null = null

  function look(): void {
    const field = area()
    const found = field ? wantedAt(text.value, field.selectionStart) : null
    if (found !== shutFor) shutFor = null
    wanted.value = shutFor === null ? found : null
  }
  // An input method puts whole words in without a key of theirs.
  watch(text, () => void nextTick(look))

  function shut(): void {
    shutFor = wanted.value
    wanted.value = null
  }

  function pick(name: string): void {
    const field = area()
    if (!field || wanted.value === null) return
    const caret = field.selectionStart
    const from = caret - wanted.value.length
    text.value = `${text.value.slice(0, from)}${name} ${text.value.slice(caret)}`
    wanted.value = null
    const after = from + name.length + 1
    void nextTick(() => {
      field.focus()
      field.setSelectionRange(after, after)
    })
  }

  const ids = (): string[] => [...new Set(partsOfText(text.value, inside().map((id) => ({ id, name: staff.nameOf(id) }))).flatMap(({ id }) => (id ? [id] : [])))]
  return { wanted, look, pick, shut, ids }
}
