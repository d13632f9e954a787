import { afterEach, beforeEach, vi } from 'vitest'
import { KezhanClient, type Options } from '../client.ts'
import { memoryStore } from '../store.ts'
// Loaded lazily otherwise, which no fake clock can hurry.
import '../seldom.ts'
import { Far } from './far.ts'

export const URL = 'https://chat.example'

/** A fresh server and a clock that only a test moves, for every test of the file. */
export function onStage(): void {
  beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 10, 22, 4) }))
  afterEach(() => {
    vi.restoreAllMocks()
    vi.clearAllTimers()
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })
}

export const pass = (ms = 1): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

/** A client that has been started, and the server it speaks with. */
export async function begin(far = new Far(), options: Partial<Options> = {}): Promise<[KezhanClient, Far]> {
  far.install()
  const client = new KezhanClient({ siteKey: 'kzp_1', server: URL, store: memoryStore(), ...options })
  client.start({ url: 'https://shop.example/tea', title: 'Tea' })
  await pass()
  return [client, far]
}
