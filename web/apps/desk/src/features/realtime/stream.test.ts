import type { WorkspaceEvent } from '@kezhan/api'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { carry } from '../../call'
import { Line } from './socket'

// A network that lets no socket through: each dies before it opens. The server's stream is played word by word.

class DeadSocket {
  static made: string[] = []
  readyState = 0
  onopen: (() => void) | null = null
  onmessage: (() => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  constructor(url: string) {
    DeadSocket.made.push(url)
    queueMicrotask(() => this.onclose?.({ code: 1006 }))
  }
  send(): void {}
  close(): void {
    this.readyState = 3
  }
}

interface Posted {
  path: string
  headers: Headers
  body: string
}

let posted: Posted[]
let pour: ReadableStreamDefaultController<Uint8Array>
let frames: WorkspaceEvent[]
let line: Line
let framesAnswer: () => Response

const says = (text: string): void => pour.enqueue(new TextEncoder().encode(text))
const quiet = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)
const paths = (): string[] => posted.map((one) => one.path)
const up = (): unknown[] => posted.filter((one) => one.path === '/ws/frames').flatMap((one) => JSON.parse(one.body) as unknown[])

beforeEach(() => {
  vi.useFakeTimers()
  DeadSocket.made = []
  posted = []
  frames = []
  framesAnswer = () => new Response(null, { status: 202 })
  vi.stubGlobal('WebSocket', DeadSocket)
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    posted.push({ path: new URL(url).pathname, headers: new Headers(init.headers), body: String(init.body ?? '') })
    if (!url.endsWith('/stream')) return framesAnswer()
    return new Response(new ReadableStream<Uint8Array>({ start: (controller) => void (pour = controller) }))
  })
  carry('csrf-3')
  line = new Line()
  line.onFrame = (frame) => frames.push(frame)
})
afterEach(() => {
  line.stop()
  carry('')
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** Two sockets that never open, then the stream. */
async function blocked(): Promise<void> {
  line.start()
  await quiet(5000)
  expect(DeadSocket.made).toHaveLength(2)
  expect(paths()).toEqual(['/ws/stream'])
}

async function carried(): Promise<void> {
  await blocked()
  says('event: link\ndata: {"id":"l1","beat_s":10}\n\n')
  await quiet()
  expect(line.state.value).toBe('open')
}

it('opens a stream with the proof that it is our page, and is not open before the server has named it', async () => {
  await blocked()
  expect(posted[0]!.headers.get('X-Kezhan-CSRF')).toBe('csrf-3')
  expect(line.state.value).toBe('waiting')
  expect(line.send({ type: 'ping' })).toBe(false)
})

it('hears frames whole, however they are cut, and says its own in order', async () => {
  line.onOpen = () => line.send({ type: 'lists', epoch: '', rev: 0 })
  await carried()
  says('data: {"type":"po')
  await quiet()
  expect(frames).toEqual([])
  says('ng"}\n\ndata: {"type":"done","ref":"中文"}\n\n')
  await quiet()
  expect(frames).toEqual([{ type: 'pong' }, { type: 'done', ref: '中文' }])
  line.send({ type: 'unwatch', conversation_id: 'c1' })
  line.send({ type: 'unwatch', conversation_id: 'c2' })
  await quiet()
  expect(up()).toEqual([{ type: 'lists', epoch: '', rev: 0 }, { type: 'unwatch', conversation_id: 'c1' }, { type: 'unwatch', conversation_id: 'c2' }])
  expect(posted.at(-1)!.headers.get('X-Link')).toBe('l1')
})

it('keeps the stream alive while there is nothing to say', async () => {
  await carried()
  const before = posted.length
  await quiet(10_000)
  expect(posted.slice(before).map((one) => [one.path, one.body])).toContainEqual(['/ws/frames', '[]'])
})

describe('a stream that ends', () => {
  it.each<[string, () => void]>([
    ['by the server’s restart', () => says('event: close\ndata: {"code":1012}\n\n')],
    ['by the network', () => pour.error(new Error('gone'))],
    ['because what it says is no longer taken', () => {
      framesAnswer = () => new Response(null, { status: 502 })
      line.send({ type: 'ping' })
    }],
  ])('%s is opened again as a stream, not as a socket', async (_, end) => {
    await carried()
    end()
    await quiet()
    expect(line.state.value).toBe('waiting')
    await quiet(2000)
    expect(paths().filter((path) => path === '/ws/stream')).toHaveLength(2)
    expect(DeadSocket.made).toHaveLength(2)
  })

  it('because the session is over stays away and asks who is signed in', async () => {
    line.onDoubt = vi.fn()
    await blocked()
    vi.mocked(line.onDoubt).mockClear()
    says('event: link\ndata: {"id":"l1","beat_s":10}\n\nevent: close\ndata: {"code":4401}\n\n')
    await quiet(60_000)
    expect(line.state.value).toBe('over')
    expect(line.onDoubt).toHaveBeenCalledOnce()
    expect(paths().filter((path) => path === '/ws/stream')).toHaveLength(1)
  })

  it('by our own leaving says nothing more and is not opened again', async () => {
    await carried()
    line.stop()
    const before = posted.length
    await quiet(120_000)
    expect(posted).toHaveLength(before)
    expect(line.send({ type: 'ping' })).toBe(false)
  })
})
