import type { Head, Offer, OfferFrame, OfferOverFrame } from '@kezhan/api'
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { useAgain } from '../../again'
import { Fault } from '../../call'
import { accept as acceptOffer, decline as declineOffer, readOffers } from './api'

/** A conversation the agent is asked to accept. `until` and `total` in milliseconds of this machine's clock. */
export interface Asked {
  head: Head
  total: number
  until: number
  busy: boolean
  /** The colleague who hands it on, with her note; empty where the house asks. */
  by: string
  note: string
}

/** One that is no longer hers to accept, though she has not declined it. */
export interface Passed {
  id: string
  head: Head
  outcome: 'missed' | 'withdrawn'
}

const MOST_PASSED = 3
// How much longer an offer stays on the screen when the line is dead and nobody says that it is over.
const LATE_MS = 5000

/** What the agent is being asked to accept. */
export const useOffers = defineStore('offers', () => {
  const asked = shallowRef<Asked[]>([])
  const passed = shallowRef<Passed[]>([])
  const fault = shallowRef<unknown>(null)
  /** Accepted on this page: these come as no surprise. */
  const accepted = new Set<string>()
  const timers = new Map<string, ReturnType<typeof setTimeout>>()

  const change = (id: string, more: Partial<Asked>): void => {
    asked.value = asked.value.map((one) => (one.head.id === id ? { ...one, ...more } : one))
  }

  function put({ head, offered_at, expires_at, by = '', note = '' }: Offer, left: number): void {
    const known = asked.value.find((one) => one.head.id === head.id)
    const total = Date.parse(expires_at) - Date.parse(offered_at)
    const until = known?.until ?? Date.now() + Math.min(total, Math.max(0, left))
    const one = { head, total, until, busy: known?.busy ?? false, by, note }
    asked.value = known ? asked.value.map((other) => (other === known ? one : other)) : [...asked.value, one]
    passed.value = passed.value.filter(({ id }) => id !== head.id)
    clearTimeout(timers.get(head.id))
    timers.set(head.id, setTimeout(() => end(head.id, 'missed'), until - Date.now() + LATE_MS))
  }

  function end(id: string, outcome: string): void {
    clearTimeout(timers.get(id))
    timers.delete(id)
    const gone = asked.value.find((one) => one.head.id === id)
    if (!gone) return
    asked.value = asked.value.filter((one) => one !== gone)
    if (outcome !== 'missed' && outcome !== 'withdrawn') return
    passed.value = [...passed.value, { id, head: gone.head, outcome } satisfies Passed].slice(-MOST_PASSED)
  }

  // The clocks may differ: what has just been offered has its whole time, whatever they say.
  function onOffer({ offer }: OfferFrame): void {
    put(offer, Date.parse(offer.expires_at) - Date.parse(offer.offered_at))
  }

  const onOver = ({ conversation_id, outcome }: OfferOverFrame): void => end(conversation_id, outcome)

  /** After a break: what is offered now; what no longer is has passed. */
  async function load(): Promise<void> {
    const before = asked.value
    const offers = await readOffers().catch((thrown: unknown) => void (fault.value = thrown))
    if (!offers) return
    fault.value = null
    const standing = new Set(offers.map(({ head }) => head.id))
    for (const { head, until } of before) if (!standing.has(head.id)) end(head.id, until <= Date.now() ? 'missed' : 'withdrawn')
    for (const offer of offers) put(offer, Date.parse(offer.expires_at) - Date.now())
  }

  useAgain(() => fault.value, load)

  async function answer(id: string, act: (id: string) => Promise<unknown>, outcome: string): Promise<void> {
    if (asked.value.find((one) => one.head.id === id)?.busy !== false) return
    change(id, { busy: true })
    try {
      await act(id)
      end(id, outcome)
    } catch (fault) {
      if (fault instanceof Fault && (fault.status === 404 || fault.status === 409)) end(id, 'declined')
      else change(id, { busy: false })
      throw fault
    }
  }

  /** Throws Fault: the time was over, somebody was quicker, or the server cannot be reached. */
  async function accept(id: string): Promise<void> {
    accepted.add(id)
    await answer(id, acceptOffer, 'accepted').catch((fault: unknown) => {
      accepted.delete(id)
      throw fault
    })
    passed.value = []
  }

  const decline = (id: string, reason = ''): Promise<void> => answer(id, (one) => declineOffer(one, reason), 'declined')

  const dismiss = (id: string): void => {
    passed.value = passed.value.filter((one) => one.id !== id)
  }

  function forget(): void {
    timers.forEach((timer) => clearTimeout(timer))
    timers.clear()
    accepted.clear()
    asked.value = []
    passed.value = []
    fault.value = null
  }

  return { asked, passed, accepted, load, accept, decline, dismiss, onOffer, onOver, forget }
})
