import type { Message, Thread } from '@kezhan/client'
import type { Chat } from '../chat'
import { t } from '../words'
import { parts } from './parts'

/** A message being answered or worded anew. */
export interface Subject {
  thread: Thread
  message: Message
}

/** The field customers write in, as other parts of the panel use it. */
export interface Field {
  area: { current: HTMLTextAreaElement | null }
  grow(): void
  write(text: string): void
  focus(): void
}

interface Talk {
  quoting: Subject | null
  editing: Subject | null
  /** What she was writing when she began to word a message anew. */
  draft: string
  /** Who is writing on the other side. */
  typist: string
  /** The line has been down long enough to speak of it. */
  broken: boolean
  /** There while the panel is drawn. */
  field: Field | null
}

/** What goes on in the field and around it. */
export const talk: Talk = { quoting: null, editing: null, draft: '', typist: '', broken: false, field: null }

export const written = (): string => talk.field?.area.current?.value ?? ''

/** Turns the field to a message, or away from any; a draft waits meanwhile. */
export function take(chat: Chat, quoting: Subject | null, editing: Subject | null): void {
  if (editing && !talk.editing) talk.draft = written()
  if (editing || talk.editing) talk.field?.write(editing ? (editing.message.body ?? '') : talk.draft)
  Object.assign(talk, { quoting, editing })
  chat.changed()
}

/** Sends what was written, or says why it stays in the field. */
export function send(chat: Chat, body: string): void {
  const { quoting, editing } = talk
  const quote = quoting && quoting.thread === chat.client.latest ? { quote_seq: quoting.message.seq } : {}
  if (editing) return parts.menu?.reword(chat, editing, body)
  try {
    if (!chat.client.say({ body, ...quote })) return chat.say(t('widget_thread.full'))
  } catch {
    return chat.say(t('widget_thread.tooLong'))
  }
  talk.field?.write('')
  take(chat, null, null)
}
