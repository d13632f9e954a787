import type { LinkPreview } from '@kezhan/api'
import { defineStore } from 'pinia'
import { reactive, shallowRef } from 'vue'
import { useAgain } from '../../again'
import { readCards } from './api'

const GATHER_MS = 40
const AT_ONCE = 50
const OFF_MS = 60_000
/** When to look again for what is being fetched. */
const AGAIN_MS = [1500, 3000, 6000]

/** The cards of the links in messages, by conversation and message. */
export const useLinkCards = defineStore('link cards', () => {
  const cards = reactive(new Map<string, LinkPreview[]>())
  const asked = new Set<string>()
  const wanted = new Map<string, Set<number>>()
  const failed = shallowRef<{ id: string; seqs: number[]; fault: unknown }[]>([])
  let offUntil = 0

  /** Has the cards of a message read, with those of others that come into sight at the same time. */
  function want(id: string, seq: number, rev: number): void {
    const name = `${id}:${seq}:${rev}`
    if (asked.has(name) || Date.now() < offUntil) return
    asked.add(name)
    const gathered = wanted.get(id)
    if (gathered) gathered.add(seq)
    else {
      wanted.set(id, new Set([seq]))
      setTimeout(() => gather(id), GATHER_MS)
    }
  }

  function gather(id: string): void {
    const seqs = [...(wanted.get(id) ?? [])]
    wanted.delete(id)
    for (let from = 0; from < seqs.length; from += AT_ONCE) void read(id, seqs.slice(from, from + AT_ONCE))
  }

  async function read(id: string, seqs: number[], turn = 0): Promise<void> {
    const found = await readCards(id, seqs).catch((fault: unknown) => void (failed.value = [...failed.value, { id, seqs, fault }]))
    if (!found) return
    if (!found.enabled) {
      offUntil = Date.now() + OFF_MS
      return
    }
    for (const seq of seqs) cards.set(`${id}:${seq}`, (found.items ?? []).filter((one) => one.seq === seq))
    const pause = AGAIN_MS[turn]
    if (found.pending && pause) setTimeout(() => void read(id, seqs, turn + 1), pause)
  }

  useAgain(
    () => failed.value[0]?.fault,
    async () => {
      const once = failed.value
      failed.value = []
      await Promise.all(once.map(({ id, seqs }) => read(id, seqs)))
    },
  )

  return { want, of: (id: string, seq: number): LinkPreview[] => cards.get(`${id}:${seq}`) ?? [] }
})
