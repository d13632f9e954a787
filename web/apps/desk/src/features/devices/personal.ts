import type { Personal, PersonalView } from '@kezhan/api'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { useAgain } from '../../again'
import { everySecond } from '../../when'
import { putPersonal, readPersonal } from './api'

// Her machine's clock may be a little behind the server's, whose now a span begins with.
const CLOCKS_MS = 5 * 60_000

/** What the reader has set for all her devices; null until it is known. */
export const usePersonal = defineStore('personal', () => {
  const view = shallowRef<PersonalView | null>(null)
  const settings = computed(() => view.value?.settings ?? null)
  const fault = shallowRef<unknown>(null)
  let asked = 0

  async function take(answer: Promise<PersonalView>): Promise<void> {
    const mine = ++asked
    const found = await answer
    // Another device may have been quicker than this answer.
    if (mine === asked || found.rev > (view.value?.rev ?? -1)) view.value = found
  }

  /** What cannot be read now is read again by itself. */
  const load = (): Promise<void> =>
    take(readPersonal()).then(
      () => void (fault.value = null),
      (thrown: unknown) => void (fault.value = thrown),
    )
  useAgain(() => fault.value, load)

  /** Throws Fault; what is shown is set back then. */
  async function change(more: Partial<Personal>): Promise<void> {
    const before = view.value
    if (!before) return
    view.value = { ...before, settings: { ...before.settings, ...more } }
    await take(putPersonal(view.value.settings)).catch((fault: unknown) => {
      view.value = before
      throw fault
    })
  }

  /** Until when nothing disturbs, as a moment of the wire; empty: something may. */
  const quietUntil = computed(() => {
    const now = everySecond.value.getTime()
    return view.value?.quiet.find(({ start, end }) => Date.parse(start) <= now + CLOCKS_MS && now < Date.parse(end))?.end ?? ''
  })

  function onPersonal(rev: number): void {
    // What nobody has read yet is read when the line opens.
    if (view.value && rev !== view.value.rev) void load()
  }

  function forget(): void {
    asked += 1
    view.value = null
    fault.value = null
  }

  return { settings, quietUntil, load, change, onPersonal, forget }
})
