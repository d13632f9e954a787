import { afterEach, expect, it, vi } from 'vitest'
import { KezhanClient, Refused } from '../client.ts'
import { answerOf, pass } from '../puzzle.ts'
import { sha256, solve } from '../solve.ts'
import { memoryStore } from '../store.ts'

const hashed = async (text: string): Promise<string> => {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
const hex = (words: Uint32Array): string => [...words].map((word) => word.toString(16).padStart(8, '0')).join('')

afterEach(() => void vi.unstubAllGlobals())

it('hashes as everybody does, of whatever length', async () => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 200]) {
    const text = 'kezhan'.repeat(40).slice(0, length)
    expect(hex(sha256(text))).toBe(await hashed(text))
  }
})

it('finds an answer the server takes, in a worker or without one', async () => {
  const answer = solve('token', 10)
  expect(await hashed(`token:${answer}`)).toMatch(/^00[0-3]/)
  expect(await answerOf({ token: 'token', bits: 10 })).toBe(answer)
  const over = vi.fn()
  vi.stubGlobal('Worker', class {
    onmessage?: (event: { data: string }) => void
    terminate = over
    postMessage({ token, bits }: { token: string; bits: number }): void {
      this.onmessage?.({ data: solve(token, bits) })
    }
  })
  expect(await answerOf({ token: 'token', bits: 10 })).toBe(answer)
  expect(over).toHaveBeenCalledOnce()
})

it('says that it is checking, answers once, and leaves a puzzle that has become void for later', async () => {
  const client = new KezhanClient({ siteKey: 'k', store: memoryStore() })
  const states: string[] = []
  client.on('state', (state) => states.push(state))
  const asked: unknown[] = []
  let taken = true
  client.request = (async (_: string, path: string, body: unknown) => {
    asked.push([path, body])
    if (path === '/puzzles') return { token: 't', bits: 4 }
    if (taken) return { token: 'session' }
    throw new Refused('shield.puzzle', '', 428)
  }) as typeof client.request
  expect(await pass(client, { site_key: 'k' })).toEqual({ token: 'session' })
  expect(asked).toEqual([
    ['/puzzles', { site_key: 'k' }],
    ['/sessions', { site_key: 'k', puzzle: { token: 't', answer: solve('t', 4) } }],
  ])
  expect(states).toEqual(['checking', 'connecting'])
  taken = false
  await expect(pass(client, { site_key: 'k' })).rejects.toThrow(TypeError)
})
