import type { Handlers } from '../../live'
import { queriesOf } from '../../shell/queries'
import { LINKS } from './api'
import { useCompany } from './company'
import { reachKey } from './reach'
import { useOutbox } from './sending'
import { useLists } from './store'
import { joins } from './thread'
import { useThreads } from './threads'
import { MENTIONS } from './together'

/** What a frame does to lists, threads and the outbox. */
export const conversationHandlers: Handlers = {
  listed: (frame) => {
    useLists().onListed(frame)
    const before = useThreads().watched?.thread?.head
    const beside = frame.changes.some(({ head }) => head && before && head.contact_id === before.contact_id && head.id !== before.id)
    if (beside && before) {
      void queriesOf()?.invalidateQueries({ queryKey: [LINKS] })
      void queriesOf()?.invalidateQueries({ queryKey: ['contact', before.contact_id, 'conversations'] })
    }
  },
  lists: (frame) => useLists().onListsReady(frame),
  read: (frame) => {
    useLists().onRead(frame)
    void queriesOf()?.invalidateQueries({ queryKey: [MENTIONS] })
  },
  changed: (frame) => {
    useThreads().onChanged(frame)
    // She has become more than she was: her card, her past and her notes are read anew.
    if (frame.messages?.some(joins)) void queriesOf()?.invalidateQueries({ queryKey: ['contact'] })
  },
  resync: (frame) => useThreads().onResync(frame),
  typing: (frame) => {
    useThreads().onTyping(frame)
    useCompany().onTyping(frame)
  },
  viewers: (frame) => useCompany().onViewers(frame),
  mentions: () => void queriesOf()?.invalidateQueries({ queryKey: [MENTIONS] }),
  presence: (frame) => useThreads().onPresence(frame),
  reach: ({ conversation_id }) => void queriesOf()?.invalidateQueries({ queryKey: reachKey(conversation_id) }),
  draft: (frame) => void import('./drafts').then(({ onDraftMoved }) => onDraftMoved(frame)),
  ack: (frame) => useOutbox().onAck(frame),
  done: (frame) => useOutbox().onDone(frame),
  refused: (frame) => useOutbox().onRefused(frame),
}

/** The line is open (again): go on where each part stood. */
export function resumeConversations(): void {
  useLists().resume()
  useThreads().resume()
  useOutbox().resend()
  void import('./drafting').then(({ bringAll }) => bringAll())
  void queriesOf()?.invalidateQueries({ queryKey: [MENTIONS] })
}
