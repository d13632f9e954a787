import { ref } from 'vue'
import type { Handlers } from '../../live'

type Store = ReturnType<typeof import('./store').useStaff>

// Here once the first part of it is shown; before that there is nothing that could be told.
let held: Store | null = null

/** The conversation that somebody wants to show to a colleague; whoever draws the chat takes it up. */
export const shown = ref('')

export const entered = (store: Store): void => void (held = store)

const tell = (what: (store: Store) => void): void => {
  if (held) what(held)
}

/** What a frame does to the rooms of colleagues. */
export const staffHandlers: Handlers = {
  staff_changed: (frame) => tell((store) => store.onChanged(frame)),
  staff_read: (frame) => tell((store) => store.onRead(frame)),
  staff_typing: (frame) => tell((store) => store.onTyping(frame)),
  staff_rooms: () => tell((store) => store.resume()),
}

/** The line is open (again). */
export const resumeStaff = (): void => tell((store) => store.resume())

/** Nobody is signed in any more. */
export function forgetStaff(): void {
  tell((store) => store.forget())
  held = null
}
