import type { RoomForm, StaffChanged, StaffPerson, StaffRead, StaffRoom, StaffSnapshot, StaffTeam, StaffTyping } from './api'
import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, shallowRef } from 'vue'
import { useAgain } from '../../again'
import { Fault } from '../../call'
import { useSession } from '../workspaces'
import { listRooms, markRead, muteRoom, openRoom, readOlder, readRoom } from './api'
import { entered } from './live'
import { useStaffOutbox } from './outbox'
import { fromSnapshot, merge, moved, unread, unreadIn, withMissed, withOlder, type Talk } from './room'

const TYPING_MS = 5000
const FRESH_MS = 150

export interface Opened {
  talk: Talk | null
  fault: unknown
  loadingOlder: boolean
}

/** The rooms of colleagues that the reader is in, and what of them she has opened. */
export const useStaff = defineStore('staff rooms', () => {
  const session = useSession()
  const outbox = useStaffOutbox()
  const rooms = shallowReactive(new Map<string, StaffRoom>())
  const people = shallowRef(new Map<string, StaffPerson>())
  const teams = shallowRef<StaffTeam[]>([])
  const opened = shallowReactive(new Map<string, Opened>())
  const typing = shallowReactive(new Map<string, string>())
  const state = ref<'idle' | 'loading' | 'ready' | 'failed'>('idle')
  const fault = shallowRef<unknown>(null)
  const drawer = ref(false)
  /** The room that the drawer shows; empty: the list. */
  const beside = ref('')
  /** The conversation that is about to be shown to a colleague. */
  const sharing = ref('')
  const timers = new Map<string, ReturnType<typeof setTimeout>>()
  let due: ReturnType<typeof setTimeout> | undefined

  const me = computed(() => session.me?.id ?? '')
  const total = computed(() => unreadIn(rooms.values()))
  const named = computed(() => [...rooms.values()].some((room) => room.mentioned))
  const nameOf = (id: string): string => people.value.get(id)?.name ?? ''

  async function load(): Promise<void> {
    if (state.value === 'idle') state.value = 'loading'
    try {
      const found = await listRooms()
      people.value = new Map(found.people.map((one) => [one.id, one]))
      teams.value = found.teams
      for (const id of [...rooms.keys()]) if (!found.rooms.some((room) => room.id === id)) drop(id)
      for (const room of found.rooms) rooms.set(room.id, newer(room))
      state.value = 'ready'
      fault.value = null
    } catch (thrown) {
      fault.value = thrown
      if (state.value !== 'ready') state.value = 'failed'
    }
  }

  // A frame may have overtaken the answer.
  function newer(room: StaffRoom): StaffRoom {
    const known = rooms.get(room.id)
    return known && known.rev > room.rev ? { ...known, muted: room.muted } : room
  }

  /** Several frames in a row are one reason to read. */
  function loadSoon(): void {
    clearTimeout(due)
    due = setTimeout(() => void load(), FRESH_MS)
  }

  function drop(id: string): void {
    rooms.delete(id)
    opened.delete(id)
    if (beside.value === id) beside.value = ''
  }

  async function open(id: string): Promise<void> {
    const one: Opened = opened.get(id) ?? { talk: null, fault: null, loadingOlder: false }
    opened.set(id, { ...one, fault: null })
    try {
      take(await readRoom(id, one.talk?.rev))
    } catch (thrown) {
      if (thrown instanceof Fault && thrown.status === 404) drop(id)
      opened.set(id, { talk: one.talk, fault: thrown, loadingOlder: false })
    }
  }

  useAgain(() => fault.value, load)
  const broken = (): [string, Opened][] => [...opened].filter(([, one]) => one.fault)
  useAgain(() => broken()[0]?.[1].fault, () => Promise.all(broken().map(([id]) => open(id))))

  function take(snapshot: StaffSnapshot): void {
    const { room } = snapshot
    const held = opened.get(room.id)?.talk
    const talk = held ? withMissed(held, snapshot) : fromSnapshot(snapshot)
    const known = rooms.get(room.id)
    rooms.set(room.id, { ...newer(room), last: talk.messages.at(-1) ?? known?.last ?? null })
    opened.set(room.id, { talk, fault: null, loadingOlder: false })
    outbox.onMessages(room.id, snapshot.messages)
  }

  async function begin(form: RoomForm): Promise<string> {
    const snapshot = await openRoom(form)
    take(snapshot)
    return snapshot.room.id
  }

  async function older(id: string): Promise<void> {
    const one = opened.get(id)
    const before = one?.talk?.messages[0]?.seq
    if (!one?.talk?.hasOlder || one.loadingOlder || before === undefined) return
    opened.set(id, { ...one, loadingOlder: true })
    const page = await readOlder(id, before).catch((thrown: unknown) => ({ thrown }))
    const now = opened.get(id)
    if (!now) return
    const fits = 'items' in page && now.talk?.messages[0]?.seq === before
    opened.set(id, { ...now, loadingOlder: false, talk: fits && now.talk ? withOlder(now.talk, page.items, Boolean(page.next)) : now.talk })
  }

  function onChanged(frame: StaffChanged): void {
    const id = frame.room_id
    outbox.onMessages(id, frame.messages)
    const room = rooms.get(id)
    if (room) rooms.set(id, moved(room, frame, me.value))
    const one = opened.get(id)
    if (one?.talk) {
      const talk = merge(one.talk, frame)
      if (talk) opened.set(id, { ...one, talk })
      else void open(id)
    }
    if (!room || frame.messages.some(({ kind }) => kind === 'event')) {
      loadSoon()
      if (one) void open(id)
    }
    if (frame.messages.some(({ author_id }) => author_id === typing.get(id))) typing.delete(id)
  }

  function onRead({ room_id, member_id, read_seq }: StaffRead): void {
    const room = rooms.get(room_id)
    if (room && member_id === me.value && read_seq > room.read_seq) rooms.set(room_id, { ...room, read_seq, mentioned: false })
    const one = opened.get(room_id)
    if (!one?.talk) return
    const members = one.talk.members.map((mark) => (mark.member_id === member_id ? { ...mark, read_seq: Math.max(mark.read_seq, read_seq) } : mark))
    opened.set(room_id, { ...one, talk: { ...one.talk, members } })
  }

  function onTyping({ room_id, member_id }: StaffTyping): void {
    if (member_id === me.value) return
    typing.set(room_id, member_id)
    clearTimeout(timers.get(room_id))
    timers.set(room_id, setTimeout(() => typing.delete(room_id), TYPING_MS))
  }

  /** She has had everything of the room before her eyes. */
  function seen(id: string): void {
    const room = rooms.get(id)
    if (!room || !unread(room)) return
    rooms.set(id, { ...room, read_seq: room.last_seq, mentioned: false })
    // What could not be told is told with the next word that is read.
    markRead(id, room.last_seq).catch(() => rooms.has(id) && rooms.set(id, { ...rooms.get(id)!, read_seq: room.read_seq }))
  }

  async function mute(id: string, muted: boolean): Promise<void> {
    await muteRoom(id, muted)
    const room = rooms.get(id)
    if (room) rooms.set(id, { ...room, muted })
  }

  /** After a break, or where something may have been missed: go on from what is here. */
  function resume(): void {
    void load()
    for (const id of opened.keys()) void open(id)
    outbox.flush()
  }

  function forget(): void {
    for (const map of [rooms, opened, typing]) map.clear()
    state.value = 'idle'
    fault.value = null
    drawer.value = false
    beside.value = sharing.value = ''
  }

  function share(conversationId: string): void {
    sharing.value = conversationId
    beside.value = ''
    drawer.value = true
  }

  const store = { rooms, people, teams, opened, typing, state, fault, drawer, beside, sharing, me, total, named, nameOf, load, open, begin, older, seen, mute, share, onChanged, onRead, onTyping, resume, forget }
  return store
})

/** The store, read for the first time by whoever shows it first. */
export function useLoadedStaff(): ReturnType<typeof useStaff> {
  const staff = useStaff()
  entered(staff)
  if (staff.state === 'idle') void staff.load()
  return staff
}
