import type { KezhanClient } from './client.ts'
import { solve } from './solve.ts'
import type { Puzzle, Session } from './types.ts'

/** In a worker; where there is none, here. */
export function answerOf({ token, bits }: Puzzle): Promise<string> {
  return new Promise((resolve) => {
    try {
      const worker = new Worker(new URL('./solver.ts', import.meta.url), { type: 'module' })
      const over = (answer: string): void => {
        worker.terminate()
        resolve(answer)
      }
      worker.onmessage = ({ data }) => over(data as string)
      worker.onerror = () => over(solve(token, bits))
      worker.postMessage({ token, bits })
    } catch {
      resolve(solve(token, bits))
    }
  })
}

/** Opens a session that is refused without the answer to a puzzle. Throws where there is none: it is tried again later. */
export async function pass(client: KezhanClient, asked: { site_key: string }): Promise<Session> {
  client.become('checking')
  try {
    const puzzle = await client.request<Puzzle>('POST', '/puzzles', { site_key: asked.site_key })
    const answer = await answerOf(puzzle)
    return await client.request<Session>('POST', '/sessions', { ...asked, puzzle: { token: puzzle.token, answer } })
  } catch (why) {
    const { status } = why as { status?: number }
    throw status === 428 ? new TypeError('puzzle expired') : why
  } finally {
    if (client.state === 'checking') client.become('connecting')
  }
}
