import { older } from '@kezhan/client'
import type { Chat } from '../chat'
import { headBefore } from '../thread/past'

let busy = false

/** One more page: of the first conversation shown, or of the one before it. */
export async function readEarlier(chat: Chat): Promise<void> {
  const { client } = chat
  const first = client.history[0]
  const head = headBefore(chat)
  if (busy || !first || !(first.more || head)) return
  busy = true
  try {
    if (first.more) await older(client, first)
    else if (head) await client.load(head.id)
  } catch {
    // The way to it stays on the screen.
  }
  busy = false
  chat.changed()
}
