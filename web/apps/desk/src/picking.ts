import { computed, nextTick, ref, useId, watch, type ComputedRef } from 'vue'

interface Options<T> {
  choices: () => readonly T[]
  /** What tells one choice from the others; it becomes part of an element's id, so it has no spaces. */
  key: (one: T) => string
  pick: (one: T) => void
  /** What the list is found by; with other words the first one is current. */
  wanted: () => string
  /** After the last one comes the first. */
  round?: boolean
  /** Of a list that opens within a text: Escape puts it away, Tab picks too, and nobody else hears of its keys. */
  shut?: () => void
}

interface Picking<T> {
  /** Of the element that holds the list. */
  id: string
  /** Of the element of one choice. */
  idOf: (one: T) => string
  current: ComputedRef<T | undefined>
  /** Whether the key was for the list. */
  onKey: (event: KeyboardEvent) => boolean
  /** What the field says of the list that it commands. */
  owner: ComputedRef<Record<string, string | boolean | undefined>>
}

/** A list that is commanded from the field above it: the keyboard stays there, arrows move what is current. */
export function usePicking<T>({ choices, key, pick, wanted, round = false, shut }: Options<T>): Picking<T> {
  const id = useId()
  const active = ref(0)
  const last = (): number => Math.max(0, choices().length - 1)
  const at = computed(() => Math.min(active.value, last()))
  const current = computed(() => choices()[at.value])
  const idOf = (one: T): string => `${id}-${key(one)}`
  watch(wanted, () => (active.value = 0))

  function step(by: number): void {
    const next = at.value + by
    if (next < 0) active.value = round ? last() : 0
    else if (next > last()) active.value = round ? 0 : last()
    else active.value = next
    void nextTick(() => current.value && document.getElementById(idOf(current.value))?.scrollIntoView?.({ block: 'nearest' }))
  }

  function onKey(event: KeyboardEvent): boolean {
    // An input method's Enter chooses a word.
    if (event.isComposing || event.keyCode === 229 || (shut && !current.value)) return false
    if (event.key === 'ArrowDown') step(1)
    else if (event.key === 'ArrowUp') step(-1)
    else if (event.key === 'Enter' || (shut && event.key === 'Tab')) current.value && pick(current.value)
    else if (shut && event.key === 'Escape') shut()
    else return false
    event.preventDefault()
    if (shut) event.stopImmediatePropagation()
    return true
  }

  const owner = computed(() =>
    shut && !current.value
      ? {}
      : { role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': true, 'aria-controls': id, 'aria-activedescendant': current.value && idOf(current.value) },
  )
  return { id, idOf, current, onKey, owner }
}
