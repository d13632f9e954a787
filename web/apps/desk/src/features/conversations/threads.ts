import type { Changed, PresenceSeen, Resync, Snapshot, TypingSeen } from '@kezhan/api'
import { defineStore } from 'pinia'
import { computed, reactive, shallowReactive, shallowRef } from 'vue'
import { useAgain } from '../../again'
import { line } from '../realtime'
import { useSession } from '../workspaces'
import type { Draft } from './drafting'
import { readOlder, readSnapshot } from './api'
import { useOutbox } from './sending'
import { fromSnapshot, merge, ownMark, withOlder, type Thread } from './thread'

export interface Open {
  readonly id: string
  thread: Thread | null
  state: 'loading' | 'ready' | 'failed'
  fault: unknown
  /** Where the unread line stands: what had been read when the conversation was opened. */
  readUpTo: number | null
  loadingOlder: boolean
  olderFault: unknown
  draft: Draft | null
}

const KEPT = 12
const LONG_PAGE = 100
const TYPING_MS = 6000

/** The conversations that have been opened; one of them is watched. */
export const useThreads = defineStore('conversation threads', () => {
  const session = useSession()
  const outbox = useOutbox()
  const open = shallowReactive(new Map<string, Open>())
  const watchedId = shallowRef<string | null>(null)
  const typing = shallowReactive(new Map<string, TypingSeen>())
  const online = shallowReactive(new Map<string, boolean>())
  const timers = new Map<string, ReturnType<typeof setTimeout>>()
  outbox.follow(() => watchedId.value)
  const watched = computed(() => (watchedId.value ? (open.get(watchedId.value) ?? null) : null))

  function start(id: string): Open {
    const made = reactive<Open>({
      id,
      thread: null,
      state: 'loading',
      fault: null,
      readUpTo: null,
      loadingOlder: false,
      olderFault: null,
      draft: null,
    }) as Open
    open.set(id, made)
    for (const old of [...open.keys()].slice(0, -KEPT)) if (old !== watchedId.value) open.delete(old)
    return made
  }

  /** Follow `id` and leave what was followed before. A conversation opened before shows at once. */
  async function watch(id: string): Promise<void> {
    if (watchedId.value === id) return
    leave()
    watchedId.value = id
    const known = open.get(id)
    if (known?.thread) {
      known.readUpTo = readUpTo(known.thread)
      line.send({ type: 'watch', conversation_id: id, rev: known.thread.rev })
    } else {
      await read(known ?? start(id))
    }
  }

  useAgain(() => watched.value?.fault, () => watched.value && read(watched.value))

  function leave(): void {
    const id = watchedId.value
    watchedId.value = null
    if (id) line.send({ type: 'unwatch', conversation_id: id })
  }

  async function read(one: Open): Promise<void> {
    one.state = one.thread ? 'ready' : 'loading'
    try {
      takeSnapshot(one, await readSnapshot(one.id))
      if (watchedId.value === one.id) line.send({ type: 'watch', conversation_id: one.id, rev: one.thread?.rev ?? 0 })
    } catch (fault) {
      Object.assign(one, { state: 'failed', fault })
    }
  }

  function takeSnapshot(one: Open, snapshot: Snapshot): void {
    const first = one.thread === null
    const thread = fromSnapshot(snapshot)
    if (one.thread && one.thread.rev > thread.rev) return void (one.fault = null)
    one.thread = thread
    if (first) {
      one.readUpTo = readUpTo(thread)
      one.draft = { body: snapshot.draft ?? '', note: snapshot.draft_is_note ?? false, version: snapshot.draft_version ?? 0 }
    }
    Object.assign(one, { state: 'ready', fault: null })
    outbox.onMessages(thread.messages)
  }

  function readUpTo(thread: Thread): number | null {
    const read = ownMark(thread.marks, session.me?.id ?? '')?.read_seq ?? 0
    const unreadOnes = thread.messages.some((message) => message.author.kind === 'visitor' && message.seq > read)
    return read > 0 && unreadOnes ? read : null
  }

  function onChanged(changed: Changed): void {
    const one = open.get(changed.conversation_id)
    if (!one?.thread) return
    const { outcome, thread } = merge(one.thread, changed)
    if (outcome === 'gap') {
      line.send({ type: 'watch', conversation_id: one.id, rev: thread.rev })
    } else if (outcome === 'applied') {
      one.thread = thread
      one.state = 'ready'
      if (changed.messages?.some((message) => message.author.kind === 'visitor')) typing.delete(one.id)
      outbox.onMessages(changed.messages ?? [])
    }
  }

  async function onResync({ conversation_id }: Resync): Promise<void> {
    const one = open.get(conversation_id)
    if (one) await read(one)
  }

  /** A page further back; with `seq`, a long one, as it is that message that is wanted. */
  async function older(seq?: number): Promise<void> {
    const one = watched.value
    const before = one?.thread?.messages[0]?.seq
    if (!one?.thread?.hasOlder || one.loadingOlder || before === undefined) return
    Object.assign(one, { loadingOlder: true, olderFault: null })
    try {
      const page = await readOlder(one.id, before, seq === undefined ? undefined : LONG_PAGE)
      // A snapshot may have come in between; a page from elsewhere would tear a hole.
      if (one.thread.messages[0]?.seq === before) one.thread = withOlder(one.thread, page.items, Boolean(page.next))
    } catch (fault) {
      one.olderFault = fault
    } finally {
      one.loadingOlder = false
    }
  }

  /** Of customers; what colleagues write is of the company. */
  function onTyping(seen: TypingSeen): void {
    const id = seen.conversation_id
    if (seen.author.kind !== 'visitor') return
    clearTimeout(timers.get(id))
    if (seen.active === false) {
      typing.delete(id)
      return
    }
    typing.set(id, seen)
    timers.set(id, setTimeout(() => typing.delete(id), TYPING_MS))
  }

  const onPresence = ({ party, id, online: there }: PresenceSeen): void => {
    online.set(`${party}:${id}`, there)
  }

  /** After a break: go on from what is here. */
  function resume(): void {
    const one = watched.value
    if (one?.thread) line.send({ type: 'watch', conversation_id: one.id, rev: one.thread.rev })
    else if (one) void read(one)
  }

  function forget(): void {
    watchedId.value = null
    open.clear()
    typing.clear()
    online.clear()
  }

  return {
    watched,
    watchedId,
    opened: (id: string): Open | undefined => open.get(id),
    typing,
    online,
    watch,
    leave,
    retry: read,
    older,
    resume,
    forget,
    onChanged,
    onResync,
    onTyping,
    onPresence,
  }
})
