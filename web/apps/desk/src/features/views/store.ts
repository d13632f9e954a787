import type { ListRow, ViewSort } from '@kezhan/api'
import { useDebounceFn } from '@vueuse/core'
import { defineStore } from 'pinia'
import { reactive, ref } from 'vue'
import { useLists } from '../conversations'
import { readView } from './api'
import { viewIdOf } from './names'

interface Held {
  state: 'new' | 'loading' | 'ready' | 'failed'
  fault: unknown
  next: string | null
  /** In the server's order. */
  ids: string[]
  sort: ViewSort
}

const PAGE = 50
const MOST = 100
const STALE_MS = 800

/** What is in each view, in the order in which the server has it; the conversations themselves are the lists'. */
export const useViewLists = defineStore('views', () => {
  const lists = useLists()
  const held = reactive<Record<string, Held>>({})
  /** The view that is on the screen. */
  const shown = ref('')
  // Answers that came late are of a question nobody asks any more.
  let asked = 0

  const of = (list: string): Held => (held[list] ??= { state: 'new', fault: null, next: null, ids: [], sort: 'active' })

  const rowsOf = (list: string): ListRow[] => of(list).ids.flatMap((id) => lists.rows.get(id) ?? [])

  /** Reads its beginning, if that has not been done; in another order than before, anew. */
  async function load(list: string, sort: ViewSort, again = false): Promise<void> {
    const view = of(list)
    if (view.sort !== sort) Object.assign(view, { sort, ids: [], state: 'new', next: null })
    else if (!again && view.state === 'ready') return void refresh(list)
    await read(list, null, PAGE)
  }

  async function more(list: string): Promise<void> {
    const { state, next } = of(list)
    if (state === 'ready' && next) await read(list, next, PAGE)
  }

  async function read(list: string, after: string | null, limit: number): Promise<void> {
    const view = of(list)
    const turn = ++asked
    view.state = 'loading'
    try {
      const page = await readView(viewIdOf(list), view.sort, after, limit)
      if (turn !== asked && shown.value === list) return
      lists.adopt(page.items)
      const ids = page.items.map(({ head }) => head.id)
      view.ids = after ? [...view.ids, ...ids.filter((id) => !view.ids.includes(id))] : ids
      Object.assign(view, { state: 'ready', fault: null, next: page.next ?? null })
    } catch (fault) {
      if (turn === asked) Object.assign(view, { state: 'failed', fault })
    }
  }

  /** As far as it has been read it is read again, without its rows going meanwhile. */
  async function refresh(list: string): Promise<void> {
    const view = of(list)
    if (view.state === 'failed' && !view.ids.length) return read(list, null, PAGE)
    if (view.state === 'new' || view.state === 'loading') return
    const turn = ++asked
    const [ids, wanted]: [string[], number] = [[], Math.max(view.ids.length, PAGE)]
    let after: string | null = null
    try {
      do {
        const page = await readView(viewIdOf(list), view.sort, after, Math.min(MOST, wanted - ids.length))
        if (turn !== asked) return
        lists.adopt(page.items)
        ids.push(...page.items.map(({ head }) => head.id))
        after = page.next ?? null
      } while (after && ids.length < wanted)
    } catch {
      return // what is shown stays; the next change, or the next look, asks again
    }
    Object.assign(view, { state: 'ready', fault: null, ids, next: after })
  }

  /** Something has changed somewhere. */
  const onStale = useDebounceFn(() => (shown.value ? refresh(shown.value) : undefined), STALE_MS, { maxWait: 4 * STALE_MS })

  function forget(): void {
    for (const list of Object.keys(held)) delete held[list]
    shown.value = ''
  }

  return { held, shown, of, rowsOf, load, more, refresh, onStale, forget }
})
