import { effectScope, ref, type EffectScope } from 'vue'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { useAgain } from '../again'
import { Fault } from '../call'
import { line } from '../features/realtime'
import { AGAIN_MS, onceMore } from '../shell/queries'

const away = new Fault('desk.unreachable', '', 0)
const refused = new Fault('views.not_found', '', 404)
const wrong = ref<unknown>(null)
const read = vi.fn(async () => undefined)
let scope: EffectScope

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  wrong.value = null
  read.mockClear()
  line.state.value = 'open'
  scope = effectScope()
  scope.run(() => useAgain(() => wrong.value, read))
})
afterEach(() => {
  vi.restoreAllMocks()
  scope.stop()
  line.state.value = 'idle'
})

it('reads again what failed in passing, until it is there', async () => {
  wrong.value = away
  await vi.advanceTimersByTimeAsync(2 * AGAIN_MS)
  expect(read).toHaveBeenCalledOnce()
  await vi.advanceTimersByTimeAsync(2 * AGAIN_MS)
  expect(read).toHaveBeenCalledTimes(2)
  wrong.value = null
  await vi.advanceTimersByTimeAsync(10 * AGAIN_MS)
  expect(read).toHaveBeenCalledTimes(2)
})

it('asks nothing without a line, and whatever failed once it is back', async () => {
  line.state.value = 'waiting'
  wrong.value = refused
  await vi.advanceTimersByTimeAsync(10 * AGAIN_MS)
  expect(read).not.toHaveBeenCalled()
  line.state.value = 'open'
  await vi.advanceTimersByTimeAsync(10 * AGAIN_MS)
  expect(read).toHaveBeenCalledOnce()
})

it('leaves alone what the server refuses, and all that nobody shows any more', async () => {
  wrong.value = refused
  await vi.advanceTimersByTimeAsync(10 * AGAIN_MS)
  wrong.value = away
  scope.stop()
  await vi.advanceTimersByTimeAsync(10 * AGAIN_MS)
  expect(read).not.toHaveBeenCalled()
})

it('has queries do the same', () => {
  const after = (error: unknown): number | false => onceMore({ state: { error } })
  expect(after(away)).toBeGreaterThanOrEqual(AGAIN_MS)
  expect([after(refused), after(null)]).toEqual([false, false])
  line.state.value = 'waiting'
  expect(after(away)).toBe(false)
})
