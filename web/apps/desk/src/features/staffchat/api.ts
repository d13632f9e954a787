import {
  conversationsGetRow,
  staffchatAdd,
  staffchatEdit,
  staffchatFileAddress,
  staffchatGet,
  staffchatList,
  staffchatMute,
  staffchatOlder,
  staffchatOpen,
  staffchatRead,
  staffchatRecall,
  staffchatRemove,
  staffchatRename,
  staffchatSearch,
  staffchatSend,
  staffchatTyping,
  type FileLinked,
  type ListRow,
  type StaffAck,
  type StaffchatOpenData,
  type StaffMessage,
  type StaffRooms,
  type StaffSend,
  type StaffSnapshot,
} from '@kezhan/api'
import { take } from '../../call'

export type { StaffChanged, StaffMessage, StaffPerson, StaffRead, StaffRoom, StaffSnapshot, StaffTeam, StaffTyping } from '@kezhan/api'
export type RoomForm = StaffchatOpenData['body']
type Page = { items: StaffMessage[]; next?: string | null }

const at = (id: string): { path: { room_id: string } } => ({ path: { room_id: id } })
const memberAt = (id: string, member: string): { path: { room_id: string; member_id: string } } => ({ path: { room_id: id, member_id: member } })
const messageAt = (id: string, seq: number): { path: { room_id: string; seq: number } } => ({ path: { room_id: id, seq } })

export const listRooms = (): Promise<StaffRooms> => take(staffchatList())
export const openRoom = (form: RoomForm): Promise<StaffSnapshot> => take(staffchatOpen({ body: form }))
export const readRoom = (id: string, since?: number): Promise<StaffSnapshot> => take(staffchatGet({ ...at(id), query: { since: since ?? null } }))
export const readOlder = (id: string, before: number): Promise<Page> => take(staffchatOlder({ ...at(id), query: { before } }))
export const searchRoom = (id: string, q: string): Promise<Page> => take(staffchatSearch({ ...at(id), query: { q, limit: 50 } }))
export const sendMessage = (id: string, body: StaffSend): Promise<StaffAck> => take(staffchatSend({ ...at(id), body }))
export const editMessage = (id: string, seq: number, body: string): Promise<unknown> => take(staffchatEdit({ ...messageAt(id, seq), body: { body } }))
export const recallMessage = (id: string, seq: number): Promise<unknown> => take(staffchatRecall(messageAt(id, seq)))
export const fileOf = (id: string, seq: number): Promise<FileLinked> => take(staffchatFileAddress(messageAt(id, seq)))
export const markRead = (id: string, seq: number): Promise<unknown> => take(staffchatRead({ ...at(id), body: { seq } }))
export const sayTyping = (id: string): Promise<unknown> => take(staffchatTyping(at(id)))
export const muteRoom = (id: string, muted: boolean): Promise<unknown> => take(staffchatMute({ ...at(id), body: { muted } }))
export const renameRoom = (id: string, name: string): Promise<unknown> => take(staffchatRename({ ...at(id), body: { name } }))
export const addMember = (id: string, member: string): Promise<unknown> => take(staffchatAdd(memberAt(id, member)))
export const removeMember = (id: string, member: string): Promise<unknown> => take(staffchatRemove(memberAt(id, member)))
/** What a link shows of its conversation, to those who see it. */
export const linkedConversation = (id: string): Promise<ListRow> => take(conversationsGetRow({ path: { conversation_id: id } }))
