import { conversationsFileAddress, type FileLinked } from '@kezhan/api'
import { take } from '../../call'

const held = new Map<string, Promise<FileLinked>>()
const EARLY_MS = 30_000

/** The addresses of the file in a message, asked again shortly before they run out. */
export async function fileAddress(conversationId: string, seq: number): Promise<FileLinked> {
  const key = `${conversationId}:${seq}`
  const known = await held.get(key)?.catch(() => null)
  if (known && Date.parse(known.expires_at) - Date.now() > EARLY_MS) return known
  const asked = take(conversationsFileAddress({ path: { conversation_id: conversationId, seq } }))
  held.set(key, asked)
  asked.catch(() => held.delete(key))
  return asked
}

/** The address did not work after all: the next asker gets a fresh one. */
export function forgetAddress(conversationId: string, seq: number): void {
  held.delete(`${conversationId}:${seq}`)
}
