import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Link, Listener } from '../links.ts'
import { openStream } from '../stream.ts'
import { begin, pass, URL } from './begin.ts'
import { Far } from './far.ts'

const bytes = new TextEncoder()

/** A server that speaks down one long answer and hears small posts. */
class Door {
  down!: ReadableStreamDefaultController<Uint8Array>
  status = 200
  hears = 204
  held: (() => void) | null = null
  aborted = false
  readonly posts: { id: string; frames: Record<string, unknown>[] }[] = []

  fetch = async (url: string, init: RequestInit): Promise<Response> => {
    if (url.endsWith('/frames')) {
      this.posts.push({ id: (init.headers as Record<string, string>)['X-Link']!, frames: JSON.parse(init.body as string) })
      if (this.held) await new Promise<void>((go) => (this.held = go))
      return new Response(null, { status: this.hears })
    }
    init.signal!.addEventListener('abort', () => (this.aborted = true))
    return new Response(new ReadableStream<Uint8Array>({ start: (down) => void (this.down = down) }), { status: this.status })
  }

  async speaks(text: string): Promise<void> {
    this.down.enqueue(bytes.encode(text))
    await pass()
  }

  greets(): Promise<void> {
    return this.speaks('event: link\ndata: {"id":"L1","beat_s":20}\n\n')
  }
}

let door: Door
let heard: { [Name in keyof Listener]: ReturnType<typeof vi.fn> }

async function open(headers: Record<string, string> = {}): Promise<Link> {
  heard = { open: vi.fn(), frame: vi.fn(), closed: vi.fn() }
  const link = openStream(`${URL}/w/v1/ws`, heard as unknown as Listener, headers)
  await pass()
  return link
}

beforeEach(() => {
  vi.useFakeTimers()
  door = new Door()
  vi.stubGlobal('fetch', door.fetch)
})

afterEach(() => {
  vi.clearAllTimers()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

it('is open once it knows its name, and posts under it what was to be said before', async () => {
  const link = await open()
  link.send({ type: 'auth', token: 'tok' })
  await pass()
  expect([heard.open.mock.calls.length, door.posts]).toEqual([0, []])
  await door.greets()
  link.send({ type: 'ping' })
  await pass()
  expect(heard.open).toHaveBeenCalledOnce()
  expect(door.posts.map(({ id }) => id)).toEqual(door.posts.map(() => 'L1'))
  expect(door.posts.flatMap(({ frames }) => frames)).toEqual([{ type: 'auth', token: 'tok' }, { type: 'ping' }])
})

it('keeps the order by posting one after the other, fifty at most at a time', async () => {
  const link = await open()
  await door.greets()
  door.held = () => undefined
  for (let n = 0; n < 120; n++) link.send({ n })
  await pass()
  expect(door.posts.map(({ frames }) => frames.length)).toEqual([1])
  for (let n = 0; n < 3; n++) {
    door.held()
    await pass()
  }
  expect(door.posts.map(({ frames }) => frames.length)).toEqual([1, 50, 50, 19])
  expect(door.posts.flatMap(({ frames }) => frames.map(({ n }) => n))).toEqual(Array.from({ length: 120 }, (_, n) => n))
})

it('gives a sign of life before the server misses it', async () => {
  await open()
  await door.greets()
  await pass(60_000)
  expect(door.posts.map(({ frames }) => frames)).toEqual([[], [], []])
})

it('reads frames cut anywhere, also within a Chinese sign, and passes over comments', async () => {
  await open()
  await door.greets()
  const whole = bytes.encode(': ping\n\ndata: {"body":"龙井茶"}\n\ndata: {"n":2}\n\n')
  for (const byte of whole) door.down.enqueue(Uint8Array.of(byte))
  await pass()
  expect(heard.frame.mock.calls).toEqual([['{"body":"龙井茶"}'], ['{"n":2}']])
})

it.each<[string, () => Promise<void> | void, number]>([
  ['the server closes it with a code', () => door.speaks('event: close\ndata: {"code":4401,"reason":""}\n\n'), 4401],
  ['the answer ends', () => door.down.close(), 0],
  ['the answer breaks', () => door.down.error(new Error('reset')), 0],
])('is over once and for all when %s', async (_, end, code) => {
  const link = await open()
  await door.greets()
  await end()
  await pass()
  link.send({ type: 'ping' })
  link.close()
  await pass(60_000)
  expect([heard.closed.mock.calls, door.posts]).toEqual([[[code]], []])
})

it.each([[404, 0], [413, 0], [429, 4429], [500, 0]])('is over when a post is answered with %i', async (status, code) => {
  const link = await open()
  await door.greets()
  door.hears = status
  link.send({ type: 'ping' })
  await pass()
  expect(heard.closed.mock.calls).toEqual([[code]])
  expect(door.aborted).toBe(true)
})

it('is over when it is refused at the door, or nobody is there', async () => {
  door.status = 403
  await open()
  expect(heard.closed.mock.calls).toEqual([[0]])
  vi.stubGlobal('fetch', async () => { throw new TypeError('Failed to fetch') })
  await open()
  expect(heard.closed.mock.calls).toEqual([[0]])
  expect(heard.open).not.toHaveBeenCalled()
})

it('hears nothing more after it has hung up itself, not even what came with the farewell', async () => {
  const link = await open()
  await door.greets()
  link.close()
  expect(door.aborted).toBe(true)
  await open()
  await door.speaks('event: link\ndata: {"id":"L2","beat_s":20}\n\nevent: close\ndata: {"code":1012}\n\ndata: {"late":1}\n\n')
  expect([heard.frame.mock.calls, heard.closed.mock.calls]).toEqual([[], [[1012]]])
})

it('carries a whole conversation where sockets are blocked, and tries a socket again afterwards', async () => {
  const far = new Far()
  far.network = 'blocked'
  const [client] = await begin(far)
  const requests = globalThis.fetch
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => (url.includes('/ws/') ? door.fetch(url, init) : requests(url, init)))
  await pass(5_000)
  await door.greets()
  expect(door.posts[0]!.frames).toEqual([{ type: 'auth', token: 'tok' }])
  await door.speaks('data: {"type":"ready","visitor_id":"v","conversation":null,"agents_online":true}\n\n')
  expect(client.state).toBe('online')
  client.say({ body: '你好' })
  await pass()
  expect(door.posts.at(-1)!.frames).toMatchObject([{ type: 'send', body: '你好' }])
  const sockets = far.lines.length
  await door.speaks('event: close\ndata: {"code":1012,"reason":""}\n\n')
  await pass(1_001)
  expect(far.lines.length).toBe(sockets + 1)
})
