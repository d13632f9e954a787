import { solve } from './solve.ts'

// Runs in a worker, so that the page goes on meanwhile.
addEventListener('message', ({ data }: MessageEvent<{ token: string; bits: number }>) => (postMessage as (answer: string) => void)(solve(data.token, data.bits)))
