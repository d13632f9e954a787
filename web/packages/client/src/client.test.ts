import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { KezhanClient } from './client.ts'
import { memoryStore, type Store } from './store.ts'
// Loaded lazily otherwise, which no fake clock can hurry.
import './seldom.ts'

type Frame = Record<string, unknown>

/** The far end of every socket the client opens: a server written out by each test. */
class Far {
  static all: Far[] = []
  static answers = true
  static greets = false
  readyState = 1
  sent: Frame[] = []
  onopen?: () => void
  onmessage?: ((event: { data: string }) => void) | null
  onclose?: ((event: { code: number }) => void) | null

  constructor(readonly url: string) {
    Far.all.push(this)
    queueMicrotask(() => {
      if (!Far.answers) return this.onclose?.({ code: 1006 })
      this.onopen?.()
      if (Far.greets) this.say(READY)
    })
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }

  close(): void {
    this.readyState = 3
  }

  say(frame: Frame): void {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }

  of(type: string): Frame[] {
    return this.sent.filter((frame) => frame.type === type)
  }
}

const SESSION = { token: 'tok', visitor: { id: 'v' }, site: { key: 'k' }, conversation: null, agents_online: true }
const READY = { type: 'ready', visitor_id: 'v', conversation: null, agents_online: true }
let status = 200
let asked: Frame[] = []

async function begin(store: Store = memoryStore()): Promise<[KezhanClient, Far]> {
  const client = new KezhanClient({ siteKey: 'k', server: 'https://chat.example', store })
  client.start({ url: 'https://shop.example/' })
  await vi.advanceTimersByTimeAsync(1)
  return [client, Far.all[Far.all.length - 1]!]
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', Far)
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    asked.push({ url, ...(init.body ? JSON.parse(init.body as string) : {}) })
    return new Response(JSON.stringify(status === 200 ? SESSION : { code: 'x', title: 'No' }), { status })
  })
  Far.all = []
  Far.answers = true
  Far.greets = false
  status = 200
  asked = []
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

it('opens a session, says who it is, and goes on with the token it was given', async () => {
  const store = memoryStore()
  const [, far] = await begin(store)
  expect(far.url).toBe('wss://chat.example/w/v1/ws')
  expect(far.sent).toEqual([{ type: 'auth', token: 'tok' }])
  await begin(store)
  expect(asked.map(({ token }) => token)).toEqual([null, 'tok'])
})

it('sends again what was not acknowledged, in order, under the same names, on the next socket', async () => {
  const [client, far] = await begin()
  far.say(READY)
  const ids = ['one', 'two', 'three'].map((body) => client.say({ body }))
  far.say({ type: 'ack', client_id: ids[0], conversation_id: 'c', seq: 1 })
  far.onclose?.({ code: 1012 })
  client.say({ body: 'four' })
  await vi.advanceTimersByTimeAsync(1_001)
  const next = Far.all[1]!
  expect(next.of('send')).toEqual([])
  next.say(READY)
  expect(next.of('send').map(({ body }) => body)).toEqual(['two', 'three', 'four'])
  expect(next.of('send')[0]!.client_id).toBe(ids[1])
})

it('asks for what is missing when a change leaves a gap, and resumes from its number', async () => {
  const [client, far] = await begin()
  far.say(READY)
  far.say({ type: 'changed', conversation_id: 'c', from_rev: 3, rev: 4, messages: [] })
  expect(far.of('watch')).toEqual([{ type: 'watch', conversation_id: 'c', rev: 0 }])
  far.say({ type: 'changed', conversation_id: 'c', from_rev: 0, rev: 4, messages: [] })
  expect(client.threads.get('c')!.rev).toBe(4)
  far.onclose?.({ code: 1001 })
  await vi.advanceTimersByTimeAsync(1_001)
  expect(Far.all[1]!.sent[0]).toEqual({ type: 'auth', token: 'tok', conversation_id: 'c', rev: 4 })
})

it('keeps its own message until the thread brings it', async () => {
  const [client, far] = await begin()
  far.say(READY)
  const client_id = client.say({ body: 'x' })
  far.say({ type: 'ack', client_id, conversation_id: 'c', seq: 1 })
  expect(client.outbox.entries).toHaveLength(1)
  const message = { seq: 1, rev: 1, kind: 'text', author: { kind: 'visitor' }, at: '', client_id }
  far.say({ type: 'changed', conversation_id: 'c', from_rev: 0, rev: 1, messages: [message] })
  expect(client.outbox.entries).toHaveLength(0)
})

it('opens a new session when the old one is over, and stops where it is blocked', async () => {
  const [client, far] = await begin()
  far.say(READY)
  far.onclose?.({ code: 4401 })
  await vi.advanceTimersByTimeAsync(1_000)
  expect(asked).toHaveLength(2)
  Far.all[1]!.onclose?.({ code: 4403 })
  await vi.advanceTimersByTimeAsync(120_000)
  expect([client.state, Far.all.length]).toEqual(['refused', 2])
})

it('does not ask again where the site is unknown', async () => {
  status = 404
  const [client] = await begin()
  await vi.advanceTimersByTimeAsync(120_000)
  expect([client.state, asked.length, Far.all.length]).toEqual(['refused', 1, 0])
})

it('waits longer and longer while the server is away, and comes back by itself', async () => {
  Far.answers = false
  const [client] = await begin()
  status = 503
  await vi.advanceTimersByTimeAsync(60_000)
  expect(Far.all.length + asked.length).toBeLessThan(16)
  expect(client.state).not.toBe('refused')
  status = 200
  Far.answers = Far.greets = true
  for (let s = 0; s < 90 && client.state !== 'online'; s++) await vi.advanceTimersByTimeAsync(1_000)
  expect(client.state).toBe('online')
})

it('cuts a line that has gone quiet', async () => {
  const [, far] = await begin()
  far.say(READY)
  await vi.advanceTimersByTimeAsync(18_000)
  expect(far.of('ping')).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(18_000)
  expect(far.readyState).toBe(3)
})

it('tells who waits for an edit what became of it', async () => {
  const [client, far] = await begin()
  far.say(READY)
  const done = client.call({ type: 'edit', conversation_id: 'c', seq: 1, body: 'y' })
  far.say({ type: 'done', ref: far.of('edit')[0]!.ref })
  await expect(done).resolves.toBeUndefined()
  const late = client.call({ type: 'recall', conversation_id: 'c', seq: 1 })
  far.say({ type: 'refused', ref: far.of('recall')[0]!.ref, code: 'conversations.too_late', title: 'Too late' })
  await expect(late).rejects.toMatchObject({ code: 'conversations.too_late', message: 'Too late' })
  const lost = client.call({ type: 'recall', conversation_id: 'c', seq: 1 })
  far.onclose?.({ code: 1006 })
  await expect(lost).rejects.toMatchObject({ code: 'client.offline' })
})

it('says nothing twice about how far she has read', async () => {
  const [client, far] = await begin()
  far.say(READY)
  client.mark('c', 3, 0)
  client.mark('c', 3, 0)
  client.mark('c', 3, 3)
  expect(far.of('mark')).toHaveLength(2)
})
