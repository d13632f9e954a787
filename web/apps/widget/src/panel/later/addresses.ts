import { fileAddress, type FileLinked } from '@kezhan/client'
import type { Chat } from '../chat'

const known = new Map<string, Promise<FileLinked>>()
const SPARE_MS = 60_000

/** A signed address that is still good, asked for once; `afresh`, where the one known did not work. */
export async function addressOf(chat: Chat, conversation_id: string, seq: number, afresh = false): Promise<FileLinked> {
  const key = `${conversation_id}:${seq}`
  const held = known.get(key)
  if (held && !afresh) {
    const file = await held.catch(() => null)
    if (file && Date.parse(file.expires_at) - Date.now() > SPARE_MS) return file
  }
  const asked = fileAddress(chat.client, conversation_id, seq)
  known.set(key, asked)
  asked.catch(() => known.delete(key))
  return asked
}
