import type { SeatFrame, SeatView, StateIn } from '@kezhan/api'
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { useAgain } from '../../again'
import { Fault } from '../../call'
import { useSession } from '../workspaces'
import { putState, readSeat } from './api'

/** The place of the person signed in. */
export const useSeat = defineStore('seat', () => {
  const session = useSession()
  const seat = shallowRef<SeatView | null>(null)
  /** Whether the workspace has a reception; null: not known. */
  const there = shallowRef<boolean | null>(null)
  const fault = shallowRef<unknown>(null)
  let heard = 0

  /** Read it; what a frame has told meanwhile is newer and stays. */
  async function load(): Promise<void> {
    if (!session.may('conversation.reply')) return
    const before = heard
    try {
      const answer = await readSeat()
      fault.value = null
      there.value = true
      if (heard === before) seat.value = answer
    } catch (thrown) {
      fault.value = thrown
      if (!(thrown instanceof Fault) || thrown.status !== 404) return
      there.value = false
      seat.value = null
    }
  }

  useAgain(() => fault.value, load)

  function onSeat(frame: SeatFrame): void {
    heard += 1
    there.value = true
    seat.value = frame.seat
  }

  /** Throws Fault. */
  async function choose(state: StateIn['state'], reasonId: string | null = null): Promise<void> {
    const before = heard
    const answer = await putState({ state, reason_id: reasonId })
    if (heard === before) seat.value = answer
  }

  function forget(): void {
    heard += 1
    seat.value = null
    there.value = null
    fault.value = null
  }

  return { seat, there, load, choose, onSeat, forget }
})
