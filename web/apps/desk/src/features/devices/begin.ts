import type { Head } from '@kezhan/api'
import { watch } from 'vue'
import { hear, type Handlers } from '../../live'
import { i18n } from '../../i18n'
import { router } from '../../router'
import { useLists, useThreads } from '../conversations'
import { line } from '../realtime'
import { useSession } from '../workspaces'
import { newestMention } from './api'
import { showBadge } from './badge'
import { usePersonal } from './personal'
import { renewSubscription } from './subscribe'
import { tell, unsay } from './tell'
import { takePart } from './voice'
import { keepWorker } from './worker'

/** Everything about this device that the first screen need not wait for. */
export function begin(): void {
  const session = useSession()
  takePart()
  void keepWorker((path) => void router.push(path))
  attend()
  listen()
  watch(() => useLists().unreadTotal, showBadge, { immediate: true })
  watch(
    () => session.me?.session_id,
    (id) => {
      if (id) void renewSubscription().catch(() => undefined)
      else usePersonal().forget()
    },
    { immediate: true },
  )
}

/** Says whether this page is before its reader, and reads what she has set, whenever the line opens. */
function attend(): void {
  const say = (): boolean => line.send({ type: 'attend', here: document.visibilityState === 'visible' })
  document.addEventListener('visibilitychange', say)
  watch(
    line.state,
    (state) => {
      if (state !== 'open') return
      say()
      void usePersonal().load()
    },
    { immediate: true },
  )
}

const about = (head: Head): { tag: string; title: string; path: string } => ({
  tag: `c:${head.id}`,
  title: head.contact_name || i18n.global.t('desk.visitor', { number: head.contact_number }),
  path: `/conversations/mine/${head.id}`,
})

async function tellOfMention(): Promise<void> {
  const newest = await newestMention().catch(() => null)
  if (newest && !newest.read) await tell({ ...about(newest.head), kind: 'mention', body: `${newest.by.name}: ${newest.text}` })
}

/** New messages in what is hers, and mentions; what she has read is taken back. */
function listen(): void {
  const [lists, threads, session] = [useLists(), useThreads(), useSession()]
  const heard = new Map<string, number>()
  const seen = (id: string): boolean => threads.watchedId === id && document.visibilityState === 'visible'
  const handlers: Handlers = {
    listed: ({ changes }) => {
      for (const { head } of changes) {
        if (!head) continue
        const before = heard.get(head.id)
        heard.set(head.id, head.inbound_count)
        const mine = head.state === 'assigned' && !head.parked_at && (head.assignee_id === session.me?.id || head.guests?.includes(session.me?.id ?? ''))
        const fresh = before !== undefined && head.inbound_count > before && head.preview.author === 'visitor'
        if (mine && fresh && !seen(head.id)) {
          void tell({ ...about(head), kind: 'message', body: head.preview.text || i18n.global.t('devices.push.message') })
        }
      }
    },
    read: ({ conversation_id }) => void unsay(`c:${conversation_id}`),
    mentions: () => void tellOfMention(),
  }
  hear(handlers)
  for (const row of lists.rows.values()) heard.set(row.head.id, row.head.inbound_count)
  watch(() => lists.rows, (rows) => rows.forEach(({ head }) => heard.has(head.id) || heard.set(head.id, head.inbound_count)))
  watch(() => threads.watchedId, (id) => id && void unsay(`c:${id}`))
}
