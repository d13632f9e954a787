import { conversations, type Head, type KezhanClient, older } from '@kezhan/client'
import type { Chat } from '../chat'

interface Past {
  heads: Head[] | null
  busy: boolean
}

const pasts = new WeakMap<KezhanClient, Past>()

function pastOf(chat: Chat): Past {
  const known = pasts.get(chat.client)
  if (known) return known
  const past: Past = { heads: null, busy: false }
  pasts.set(chat.client, past)
  conversations(chat.client).then(
    (heads) => {
      past.heads = heads
      chat.changed()
    },
    () => pasts.delete(chat.client),
  )
  return past
}

/** The newest conversation before those shown. */
function before(chat: Chat, heads: Head[] | null): Head | undefined {
  const first = chat.client.history[0]?.head
  return first ? heads?.find(({ opened_at, id }) => opened_at < first.opened_at && !chat.client.threads.has(id)) : undefined
}

export function hasEarlier(chat: Chat): boolean {
  const first = chat.client.history[0]
  if (!first || chat.client.state !== 'online') return false
  return first.more || !!before(chat, pastOf(chat).heads)
}

/** One more page: of the first conversation shown, or of the one before it. */
export async function readEarlier(chat: Chat): Promise<void> {
  const past = pastOf(chat)
  const first = chat.client.history[0]
  const head = before(chat, past.heads)
  if (past.busy || !first || !(first.more || head)) return
  past.busy = true
  try {
    if (first.more) await older(chat.client, first)
    else if (head) await chat.client.load(head.id)
  } catch {
    // The way to it stays on the screen.
  }
  past.busy = false
  chat.changed()
}
