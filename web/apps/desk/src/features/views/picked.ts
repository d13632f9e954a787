import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

/** The conversations of a list that are chosen for one act. */
export const usePicked = defineStore('picked', () => {
  const ids = ref<ReadonlySet<string>>(new Set())
  /** All of the list, also what is not on the screen. */
  const all = ref(false)
  const list = ref('')
  /** Choosing has begun, though nothing is chosen yet. */
  const choosing = ref(false)
  // From where a range reaches.
  let anchor = ''

  const any = computed(() => choosing.value || all.value || ids.value.size > 0)
  const has = (id: string): boolean => all.value || ids.value.has(id)

  /** What is chosen belongs to one list; in another nothing is. */
  function enter(name: string): void {
    if (list.value !== name) clear()
    list.value = name
  }

  function toggle(id: string): void {
    const next = new Set(all.value ? [] : ids.value)
    if (!next.delete(id)) next.add(id)
    ids.value = next
    all.value = false
    anchor = id
  }

  /** Everything from the one chosen last up to here; `order`: the ids as they stand. */
  function reach(id: string, order: readonly string[]): void {
    const [from, to] = [order.indexOf(anchor), order.indexOf(id)]
    if (from < 0 || to < 0) return toggle(id)
    ids.value = new Set([...ids.value, ...order.slice(Math.min(from, to), Math.max(from, to) + 1)])
    all.value = false
  }

  function take(order: readonly string[]): void {
    ids.value = new Set(order)
    all.value = false
  }

  function clear(): void {
    ids.value = new Set()
    all.value = choosing.value = false
    anchor = ''
  }

  return { ids, all, list, choosing, any, has, enter, toggle, reach, take, clear }
})
