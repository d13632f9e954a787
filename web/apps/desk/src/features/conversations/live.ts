import type { Handlers } from '../../live'
import { useOutbox } from './sending'
import { useLists } from './store'
import { useThreads } from './threads'

/** What a frame does to lists, threads and the outbox. */
export const conversationHandlers: Handlers = {
  listed: (frame) => useLists().onListed(frame),
  lists: (frame) => useLists().onListsReady(frame),
  read: (frame) => useLists().onRead(frame),
  changed: (frame) => useThreads().onChanged(frame),
  resync: (frame) => useThreads().onResync(frame),
  typing: (frame) => useThreads().onTyping(frame),
  presence: (frame) => useThreads().onPresence(frame),
  ack: (frame) => useOutbox().onAck(frame),
  done: (frame) => useOutbox().onDone(frame),
  refused: (frame) => useOutbox().onRefused(frame),
}

/** The line is open (again): go on where each part stood. */
export function resumeConversations(): void {
  useLists().resume()
  useThreads().resume()
  useOutbox().resend()
}
