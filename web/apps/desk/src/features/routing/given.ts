import type { Head, Listed } from '@kezhan/api'
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { isDue, useLists, useThreads } from '../conversations'
import { useSession } from '../workspaces'
import { useOffers } from './offers'

// Of somebody with more conversations than a page holds, one that was not known may be old.
const FRESH_MS = 2 * 60_000
const AGAIN_MS = 10_000
const SHOWN_MS = 8000

interface Notice {
  what: 'invited' | 'kept'
  head: Head
}

/** Conversations that have come into the agent's hands without her doing, to be told of. */
export const useGiven = defineStore('given conversations', () => {
  const session = useSession()
  const lists = useLists()
  const threads = useThreads()
  const offers = useOffers()
  /** Told of just now, the newest last. */
  const fresh = shallowRef<Head[]>([])
  const notices = shallowRef<Notice[]>([])
  /** Withdrawn on this page: that these stay is no news. */
  const withdrawn = new Set<string>()
  const told = new Map<string, number>()

  const isMine = (head: Head | undefined): boolean => head?.state === 'assigned' && head.assignee_id === session.me?.id

  function isNew(head: Head): boolean {
    const known = lists.rows.get(head.id)
    if (known?.head.rev === head.rev || (known && known.head.rev > head.rev)) return false
    if (isDue(head)) return !known || !isDue(known.head)
    if (known) return !isMine(known.head)
    const { state, floor } = lists.lists.mine
    return state === 'ready' && (floor === null || Date.now() - Date.parse(head.opened_at) < FRESH_MS)
  }

  /** To be heard before the lists take the frame in: they know what was hers already. */
  function onListed(frame: Listed): void {
    const now = Date.now()
    tell(frame.changes.flatMap(({ head }) => (head ? noticeOf(head) : [])))
    const heads = frame.changes.flatMap(({ head }) => (head && isMine(head) && isNew(head) ? [head] : []))
    const found = heads.filter(({ id }) => !offers.accepted.delete(id) && id !== threads.watchedId && now - (told.get(id) ?? 0) > AGAIN_MS)
    found.forEach(({ id }) => told.set(id, now))
    if (!found.length) return
    fresh.value = [...fresh.value, ...found]
    setTimeout(() => found.forEach(({ id }) => drop(id)), SHOWN_MS)
  }

  // What she has been let into, and what she has offered to somebody and keeps.
  function noticeOf(head: Head): Notice[] {
    const me = session.me?.id ?? ''
    const known = lists.rows.get(head.id)?.head
    if (known && known.rev >= head.rev) return []
    const invited = Boolean(head.guests?.includes(me)) && !known?.guests?.includes(me) && lists.lists.mine.state === 'ready'
    if (invited) return [{ what: 'invited', head }]
    const asked = known?.transfer?.by_id === me && known.transfer.to_id && !head.transfer && isMine(head)
    return asked && !withdrawn.delete(head.id) ? [{ what: 'kept', head }] : []
  }

  function tell(news: Notice[]): void {
    const now = Date.now()
    const keyOf = ({ what, head }: Notice): string => `${what} ${head.id}`
    // After a hole in the lists the same is heard again.
    const found = news.filter((one) => now - (told.get(keyOf(one)) ?? 0) > AGAIN_MS)
    found.forEach((one) => told.set(keyOf(one), now))
    if (!found.length) return
    notices.value = [...notices.value, ...found]
    setTimeout(() => found.forEach(dropNotice), SHOWN_MS)
  }

  const dropNotice = (notice: Notice): void => {
    notices.value = notices.value.filter((one) => one !== notice)
  }

  const drop = (id: string): void => {
    fresh.value = fresh.value.filter((one) => one.id !== id)
  }

  function forget(): void {
    fresh.value = []
    notices.value = []
    withdrawn.clear()
    told.clear()
  }

  return { fresh, notices, withdrawn, onListed, drop, dropNotice, forget }
})
