import type { Chat } from '../chat'
import { sendFiles } from '../thread/sending'

/** Files that are pasted or dropped anywhere on the panel are sent, where she may write. */
export function takeFiles(chat: Chat): void {
  const take = (event: Event, files: FileList | undefined): void => {
    if (!files?.length) return
    event.preventDefault()
    if (!chat.client.latest?.head?.blocked) sendFiles(chat, files)
  }
  addEventListener('paste', (event) => take(event, event.clipboardData?.files))
  addEventListener('drop', (event) => take(event, event.dataTransfer?.files))
  addEventListener('dragover', (event) => event.preventDefault())
}
