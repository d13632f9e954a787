import {
  conversationsAssign,
  conversationsClose,
  conversationsCount,
  conversationsGet,
  conversationsGetRow,
  conversationsList,
  conversationsOfContact,
  conversationsOlder,
  conversationsPark,
  conversationsPutDraft,
  conversationsRelease,
  conversationsReopen,
  conversationsWake,
  type Assignment,
  type ListName,
  type ListRow,
  type Message,
  type Snapshot,
} from '@kezhan/api'
import { take } from '../../call'

const PAGE = 50

interface Page<T> {
  items: T[]
  next?: string | null
}

const at = (id: string): { path: { conversation_id: string } } => ({ path: { conversation_id: id } })

export const readList = (name: ListName, after: string | null): Promise<Page<ListRow>> =>
  take(conversationsList({ query: { name, after, limit: PAGE } }))

export const readCounts = (): Promise<Record<string, number>> => take(conversationsCount())

export const readRow = (id: string): Promise<ListRow> => take(conversationsGetRow(at(id)))

export const readSnapshot = (id: string): Promise<Snapshot> => take(conversationsGet(at(id)))

export const readOlder = (id: string, before: number): Promise<Page<Message>> =>
  take(conversationsOlder({ ...at(id), query: { before, limit: PAGE } }))

export const readOfContact = (contact_id: string): Promise<ListRow[]> =>
  take(conversationsOfContact({ path: { contact_id } }))

/** To a colleague or to a team's queue; without either the caller takes it herself. */
export const assign = (id: string, to: Assignment = {}): Promise<unknown> => take(conversationsAssign({ ...at(id), body: to }))

export const release = (id: string): Promise<unknown> => take(conversationsRelease(at(id)))

/** Put aside: it takes no room on the seat until somebody comes back to it. */
export const park = (id: string): Promise<unknown> => take(conversationsPark(at(id)))

export const wake = (id: string): Promise<unknown> => take(conversationsWake(at(id)))

export const close = (id: string): Promise<unknown> => take(conversationsClose(at(id)))

export const reopen = (id: string): Promise<unknown> => take(conversationsReopen(at(id)))

export const putDraft = (id: string, body: string, note: boolean): Promise<unknown> =>
  take(conversationsPutDraft({ ...at(id), body: { body, note } }))
