import type { ListName, ListRow, Listed, ListsReady, ReadElsewhere } from '@kezhan/api'
import { useDebounceFn } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowRef, triggerRef } from 'vue'
import { useAgain } from '../../again'
import { line } from '../realtime'
import { useSession } from '../workspaces'
import { readCounts, readList, readRow } from './api'
import {
  follow,
  listNames,
  placeIn,
  shown,
  takeListed,
  takePage,
  takeRead,
  takeRow,
  unread,
  type Floor,
  type Position,
  type Rows,
} from './lists'

interface Loaded {
  state: 'new' | 'loading' | 'ready' | 'failed'
  fault: unknown
  /** Behind what the page that failed would have begun. */
  after: string | null
  next: string | null
  floor: Floor | null
}

const fresh = (): Loaded => ({ state: 'new', fault: null, after: null, next: null, floor: null })
const COUNTS_MS = 1500

/** The conversation lists: pages read, and the numbered stream of changes on top. */
export const useLists = defineStore('conversation lists', () => {
  const session = useSession()
  const rows = shallowRef<Rows>(new Map())
  const lists = reactive(Object.fromEntries(listNames.map((name) => [name, fresh()])) as Record<ListName, Loaded>)
  const counts = ref<Record<string, number>>({})
  const countFault = shallowRef<unknown>(null)
  /** New ones whose reading is not known, as that could not be asked. */
  const unasked = new Set<string>()
  const rowFault = shallowRef<unknown>(null)
  let position: Position = { epoch: '', rev: 0 }
  // While the lists are read afresh: what has not been heard of since, and goes if no page has it.
  let stale: Set<string> | null = null

  const memberId = computed(() => session.me?.id ?? '')
  const mine = computed(() => shown(rows.value, 'mine', memberId.value, lists.mine.floor))
  const unreadTotal = computed(() => mine.value.reduce((total, row) => total + unread(row), 0))

  const rowsOf = (name: ListName): ListRow[] => shown(rows.value, name, memberId.value, lists[name].floor)

  async function load(name: ListName, again = false): Promise<void> {
    const list = lists[name]
    if (list.state === 'loading' || (list.state === 'ready' && !again)) return
    await readPage(name, list.after)
  }

  const more = async (name: ListName): Promise<void> => {
    const { state, next } = lists[name]
    if (state === 'ready' && next) await readPage(name, next)
  }

  async function readPage(name: ListName, after: string | null): Promise<void> {
    const list = lists[name]
    list.state = 'loading'
    try {
      const page = await readList(name, after)
      takePage(rows.value, page.items)
      page.items.forEach((row) => stale?.delete(row.head.id))
      triggerRef(rows)
      const last = page.items.at(-1)?.head
      Object.assign(list, { state: 'ready', fault: null, after: null, next: page.next ?? null })
      list.floor = page.next && last ? placeIn(name, last) : null
    } catch (fault) {
      Object.assign(list, { state: 'failed', fault, after })
    }
  }

  async function count(): Promise<void> {
    try {
      counts.value = await readCounts()
      countFault.value = null
    } catch (fault) {
      countFault.value = fault
    }
  }
  const countSoon = useDebounceFn(count, COUNTS_MS, { maxWait: 4000 })

  /** Ask for what was missed since the last frame heard. */
  const resume = (): void => {
    line.send({ type: 'lists', epoch: position.epoch, rev: position.rev })
  }

  function onListed(frame: Listed): void {
    const place = follow(position, frame.rev)
    if (place === 'old') return
    if (place === 'hole') {
      resume()
      return
    }
    if (position.epoch) position.rev = frame.rev
    frame.changes.forEach((change) => stale?.delete(change.conversation_id))
    const unknown = takeListed(rows.value, frame)
    triggerRef(rows)
    void countSoon()
    void askAbout(unknown)
  }

  async function askAbout(ids: string[]): Promise<void> {
    let failed: unknown = null
    for (const id of ids) {
      unasked.delete(id)
      if ((rows.value.get(id)?.head.inbound_count ?? 0) <= 1) continue
      try {
        takeRow(rows.value, await readRow(id))
      } catch (fault) {
        failed = fault
        unasked.add(id)
      }
    }
    if (!ids.length) return
    rowFault.value = failed
    triggerRef(rows)
  }

  async function onListsReady(frame: ListsReady): Promise<void> {
    position = { epoch: frame.epoch, rev: frame.rev }
    if (!frame.resync) return
    const shownLists = listNames.filter((name) => lists[name].state !== 'new')
    const old = (stale = new Set(rows.value.keys()))
    await Promise.all([...shownLists.map((name) => readPage(name, null)), count()])
    if (stale !== old) return
    stale = null
    if (shownLists.some((name) => lists[name].state === 'failed')) {
      // What was missed is not here: the next word of ours asks for all of it again.
      position = { epoch: '', rev: 0 }
      return
    }
    for (const id of old) rows.value.delete(id)
    triggerRef(rows)
  }

  function onRead({ conversation_id, read_inbound }: ReadElsewhere): void {
    if (takeRead(rows.value, conversation_id, read_inbound)) triggerRef(rows)
  }

  const failed = (): ListName[] => listNames.filter((name) => lists[name].state === 'failed')
  useAgain(
    () => failed().map((name) => lists[name].fault)[0],
    () => (position.epoch ? Promise.all(failed().map((name) => readPage(name, lists[name].after))) : resume()),
  )
  useAgain(() => countFault.value, count)
  useAgain(() => rowFault.value, () => askAbout([...unasked]))

  /** Takes in rows that another list has read. */
  function adopt(page: readonly ListRow[]): void {
    takePage(rows.value, page)
    page.forEach((row) => stale?.delete(row.head.id))
    triggerRef(rows)
  }

  function forget(): void {
    rows.value = new Map()
    counts.value = {}
    countFault.value = rowFault.value = null
    unasked.clear()
    position = { epoch: '', rev: 0 }
    for (const name of listNames) Object.assign(lists[name], fresh())
  }

  /** A list that is wholly here counts itself; else the server's count stands. */
  const countOf = (name: ListName): number => {
    const { state, next } = lists[name]
    return state === 'ready' && !next ? rowsOf(name).length : (counts.value[name] ?? 0)
  }

  return { rows, lists, unreadTotal, rowsOf, countOf, load, more, count, resume, onListed, onListsReady, onRead, adopt, forget }
})
