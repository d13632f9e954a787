import type { Chat } from '../chat'
import { part } from './parts'

/** Uploads and sends what was chosen, pasted or dropped; the list is copied, for a browser empties its own. */
export function sendFiles(chat: Chat, files: ArrayLike<File>): void {
  const chosen = Array.from(files)
  void part('files', chat).then((found) => found?.sendFiles(chat, chosen))
}
