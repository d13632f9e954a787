import type { State } from '@kezhan/client'
import type { Chat } from '../chat'
import { t } from '../words'
import { part } from './parts'
import { take, talk } from './talk'

const BREAK_MS = 1_200
const TYPING_MS = 6_000
const TELL_MS = 1_000
const IDLE_MS = 5_000

/** Tells the agent what is being written: at most once a second, and always how it stands in the end. */
function tellTyping(chat: Chat): void {
  let told = 0
  let due: ReturnType<typeof setTimeout> | undefined
  let idle: ReturnType<typeof setTimeout> | undefined
  const tell = (value: string): void => {
    told = value ? Date.now() : 0
    chat.client.typing(value)
  }
  addEventListener('input', ({ target }) => {
    if (!(target instanceof HTMLTextAreaElement) || talk.editing) return
    clearTimeout(due)
    clearTimeout(idle)
    if (!target.value) return tell('')
    // What is told late is the field as it is then: empty, where the message has been sent.
    due = setTimeout(() => tell(target.value), Math.max(0, told + TELL_MS - Date.now()))
    idle = setTimeout(tell, IDLE_MS, '')
  })
}

function showTyping(chat: Chat): void {
  let shown: ReturnType<typeof setTimeout> | undefined
  let seen = 0
  const show = (name: string): void => {
    talk.typist = name
    chat.changed()
  }
  chat.client.on('thread', ({ messages }) => {
    // What was being written is here.
    const last = messages[messages.length - 1]?.rev ?? 0
    if (last > seen && talk.typist) show('')
    seen = last
  })
  chat.client.on('typing', ({ author, active }) => {
    clearTimeout(shown)
    if (active === false) return show('')
    show(author.name || t('widget.title'))
    shown = setTimeout(show, TYPING_MS, '')
  })
}

/** A restart of the server is over within a second and no news; what lasts longer is, however often it is tried meanwhile. */
function tellBreaks(chat: Chat): void {
  let breaking: ReturnType<typeof setTimeout> | undefined
  const hear = (state: State): void => {
    if (state === 'online') {
      clearTimeout(breaking)
      breaking = undefined
      talk.broken = false
    } else if (state === 'offline') {
      breaking ??= setTimeout(() => {
        talk.broken = true
        chat.changed()
      }, BREAK_MS)
    }
  }
  chat.client.on('state', hear)
  hear(chat.client.state)
}

/** Called once, when this part has been loaded. */
export function begin(chat: Chat): void {
  tellTyping(chat)
  showTyping(chat)
  tellBreaks(chat)
  void part('place').then((found) => found?.begin(chat))
  addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing) return
    if (talk.editing || talk.quoting) take(chat, null, null)
    else chat.close()
  })
}
