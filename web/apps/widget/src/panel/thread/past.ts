import type { Head } from '@kezhan/client'
import type { Chat } from '../chat'

let heads: Head[] | undefined
let asked = false

/** The newest conversation before those shown. */
export function headBefore({ client }: Chat): Head | undefined {
  const first = client.history[0]?.head
  return first ? heads?.find(({ opened_at, id }) => opened_at < first.opened_at && !client.threads.has(id)) : undefined
}

/** Whether there is something above the first message shown. */
export function hasEarlier(chat: Chat): boolean {
  const { client } = chat
  const first = client.history[0]
  if (!first || client.state !== 'online') return false
  if (first.more) return true
  if (!asked) {
    asked = true
    client.request<Head[]>('GET', '/conversations').then(
      (found) => {
        heads = found
        chat.changed()
      },
      () => (asked = false),
    )
  }
  return !!headBefore(chat)
}
