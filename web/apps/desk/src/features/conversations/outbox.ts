import type { Ack, Message, Refusal, Send } from '@kezhan/api'
import type { Content } from '../cards'
import type { NoteMore } from './named'

export type More = NoteMore & Partial<Content>

export interface PendingFile {
  name: string
  media_type: string
  size: number
  width?: number | null | undefined
  height?: number | null | undefined
  /** An address of the picture in this page's memory; gone after a reload. */
  preview?: string | undefined
  /** Nobody could look whether it holds a virus. */
  unchecked?: boolean | undefined
}

/** A message on its way. It is shown from the first moment and replaced by the stored one of the same client_id. */
export interface Pending {
  client_id: string
  conversation_id: string
  kind: 'text' | 'note' | 'image' | 'file'
  body: string
  at: string
  /** `uploading`: its file is under way; `sending`: repeated until acknowledged; `failed`: waits for the reader. */
  state: 'uploading' | 'sending' | 'failed'
  quote_seq?: number | undefined
  file_id?: string | undefined
  file?: PendingFile | undefined
  progress?: number | undefined
  reason?: string | undefined
  /** The refusal's code, where the reader may do something about it. */
  code?: string | undefined
  /** Its writer means what she was asked about. */
  anyway?: boolean | undefined
  /** Of a note: whom it names, or that it is whispered; of a text: what stands below it. */
  more?: More | undefined
}

export type Outbox = readonly Pending[]

export function frameOf(pending: Pending): Send {
  const { client_id, conversation_id, kind, body, quote_seq, file_id, anyway, more } = pending
  return {
    type: 'send',
    client_id,
    conversation_id,
    kind,
    body,
    ...(quote_seq === undefined ? {} : { quote_seq }),
    ...(file_id === undefined ? {} : { file_id }),
    ...(anyway ? { anyway } : {}),
    ...more,
  }
}

export function change(box: Outbox, clientId: string, values: Partial<Pending>): Outbox {
  return box.map((pending) => (pending.client_id === clientId ? { ...pending, ...values } : pending))
}

export function without(box: Outbox, clientId: string): Outbox {
  return box.filter((pending) => pending.client_id !== clientId)
}

/** An acknowledged message of a conversation nobody watches here is done; a watched one waits for its `changed`. */
export function acknowledged(box: Outbox, ack: Ack, watched: boolean): Outbox {
  return watched ? box : without(box, ack.client_id)
}

export function refused(box: Outbox, refusal: Refusal): Outbox {
  return refusal.ref ? change(box, refusal.ref, { state: 'failed', reason: refusal.title, code: refusal.code }) : box
}

/** Drops what has arrived. Returns the same box where nothing did. */
export function arrived(box: Outbox, messages: readonly Message[]): Outbox {
  if (!box.length) return box
  const stored = new Set(messages.map((message) => message.client_id))
  const left = box.filter((pending) => !stored.has(pending.client_id))
  return left.length === box.length ? box : left
}

/** What is repeated on a new connection, oldest first. */
export function unacknowledged(box: Outbox): Send[] {
  return box.filter((pending) => pending.state === 'sending').map(frameOf)
}

/** What survives a reload: everything but uploads, whose bytes live in the page. */
export function kept(box: Outbox): Pending[] {
  return box
    .filter((pending) => pending.state !== 'uploading' && (!pending.file || pending.file_id))
    .map(({ file, ...pending }) => (file ? { ...pending, file: { ...file, preview: undefined } } : pending))
}

export function restored(text: string | null): Outbox {
  try {
    const read: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(read) ? (read as Pending[]).filter((one) => one?.client_id && one.conversation_id) : []
  } catch {
    return []
  }
}
