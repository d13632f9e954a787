import type { Chat } from '../chat'
import { t } from '../words'
import { keepFocus } from './focus'
import { sendFiles } from './uploads'

const TYPING_MS = 6_000
const TELL_MS = 1_000
const IDLE_MS = 5_000

/** Files that are pasted or dropped anywhere on the panel are sent. */
function takeFiles(chat: Chat): void {
  const take = (event: Event, files: FileList | undefined): void => {
    if (!files?.length) return
    event.preventDefault()
    void sendFiles(chat, [...files])
  }
  addEventListener('paste', (event) => take(event, event.clipboardData?.files))
  addEventListener('drop', (event) => take(event, event.dataTransfer?.files))
  addEventListener('dragover', (event) => event.preventDefault())
}

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
    if (!(target instanceof HTMLTextAreaElement) || chat.editing) return
    clearTimeout(due)
    clearTimeout(idle)
    const { value } = target
    if (!value) return tell('')
    due = setTimeout(tell, Math.max(0, told + TELL_MS - Date.now()), value)
    idle = setTimeout(tell, IDLE_MS, '')
  })
}

function showTyping(chat: Chat): void {
  let shown: ReturnType<typeof setTimeout> | undefined
  let seen = 0
  const show = (name: string): void => {
    chat.typist = name
    chat.changed()
  }
  chat.client.on('thread', ({ messages }) => {
    // What was being written is here.
    const last = messages[messages.length - 1]?.rev ?? 0
    if (last > seen && chat.typist) show('')
    seen = last
  })
  chat.client.on('typing', ({ author, active }) => {
    clearTimeout(shown)
    if (active === false) return show('')
    show(author.name || t('widget.title'))
    shown = setTimeout(show, TYPING_MS, '')
  })
}

/** Called once, when this part has been loaded. */
export function begin(chat: Chat): void {
  takeFiles(chat)
  tellTyping(chat)
  showTyping(chat)
  addEventListener('keydown', (event) => {
    if (event.key === 'Tab' && chat.full) keepFocus(event, document.body)
    if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing) return
    if (chat.editing || chat.quoting) chat.take(null, null)
    else chat.close()
  })
}
