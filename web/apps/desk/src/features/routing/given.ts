import type { Head, Listed } from '@kezhan/api'
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { useLists, useThreads } from '../conversations'
import { useSession } from '../workspaces'
import { useOffers } from './offers'

// Of somebody with more conversations than a page holds, one that was not known may be old.
const FRESH_MS = 2 * 60_000
const AGAIN_MS = 10_000
const SHOWN_MS = 8000

/** Conversations that have come into the agent's hands without her doing, to be told of. */
export const useGiven = defineStore('given conversations', () => {
  const session = useSession()
  const lists = useLists()
  const threads = useThreads()
  const offers = useOffers()
  /** Told of just now, the newest last. */
  const fresh = shallowRef<Head[]>([])
  const told = new Map<string, number>()

  const isMine = (head: Head | undefined): boolean => head?.state === 'assigned' && head.assignee_id === session.me?.id

  function isNew(head: Head): boolean {
    const known = lists.rows.get(head.id)
    if (known) return !isMine(known.head) && known.head.rev < head.rev
    const { state, floor } = lists.lists.mine
    return state === 'ready' && (floor === null || Date.now() - Date.parse(head.opened_at) < FRESH_MS)
  }

  /** To be heard before the lists take the frame in: they know what was hers already. */
  function onListed(frame: Listed): void {
    const now = Date.now()
    const heads = frame.changes.flatMap(({ head }) => (head && isMine(head) && isNew(head) ? [head] : []))
    const found = heads.filter(({ id }) => !offers.accepted.delete(id) && id !== threads.watchedId && now - (told.get(id) ?? 0) > AGAIN_MS)
    found.forEach(({ id }) => told.set(id, now))
    if (!found.length) return
    fresh.value = [...fresh.value, ...found]
    setTimeout(() => found.forEach(({ id }) => drop(id)), SHOWN_MS)
  }

  const drop = (id: string): void => {
    fresh.value = fresh.value.filter((one) => one.id !== id)
  }

  function forget(): void {
    fresh.value = []
    told.clear()
  }

  return { fresh, onListed, drop, forget }
})
