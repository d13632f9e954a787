import type { ListName, ListRow, ViewSort } from '@kezhan/api'
import { useStorage } from '@vueuse/core'
import { computed, watch, type ComputedRef, type WritableComputedRef } from 'vue'
import { useLists } from '../conversations'
import { useViews } from './api'
import { isView, viewIdOf } from './names'
import { useViewLists } from './store'

interface ShownList {
  loaded: ComputedRef<{ state: 'new' | 'loading' | 'ready' | 'failed'; fault: unknown; next: string | null }>
  rows: ComputedRef<ListRow[]>
  load: (again?: boolean) => Promise<void>
  more: () => Promise<void>
  /** Of a view: what stands first. Kept in this browser, else as the view has it. */
  sort: WritableComputedRef<ViewSort>
}

/** A list as it is drawn, one of the fixed ones or a view. */
export function useShownList(list: () => string): ShownList {
  const lists = useLists()
  const held = useViewLists()
  const views = useViews()
  const chosen = useStorage<Record<string, ViewSort>>('kz.view.sort', {})
  const fixed = (): ListName => list() as ListName

  const sort = computed<ViewSort>({
    get: () => chosen.value[viewIdOf(list())] ?? views.data.value?.items.find(({ id }) => id === viewIdOf(list()))?.sort ?? 'active',
    set: (wanted) => (chosen.value = { ...chosen.value, [viewIdOf(list())]: wanted }),
  })
  const known = computed(() => !isView(list()) || !views.isPending.value)
  const load = (again = false): Promise<void> => (isView(list()) ? held.load(list(), sort.value, again) : lists.load(fixed(), again))

  watch(
    [list, sort, known],
    () => {
      held.shown = isView(list()) ? list() : ''
      if (known.value) void load()
    },
    { immediate: true },
  )
  return {
    loaded: computed(() => (isView(list()) ? held.of(list()) : lists.lists[fixed()])),
    rows: computed(() => (isView(list()) ? held.rowsOf(list()) : lists.rowsOf(fixed()))),
    load,
    more: () => (isView(list()) ? held.more(list()) : lists.more(fixed())),
    sort,
  }
}
