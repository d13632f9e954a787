import { expect, it, vi } from 'vitest'
import type { KezhanClient } from '../client.ts'
import { OUTBOX_CAP } from '../outbox.ts'
import { localStore, memoryStore, type Store } from '../store.ts'
import { begin, onStage, pass } from './begin.ts'
import { Far, Room } from './far.ts'

onStage()

const bodies = (thread: { messages: { body?: string }[] } | undefined) => thread?.messages.map(({ body }) => body)

/** A conversation of `count` messages that both sides hold. */
async function talking(count = 0, store: Store = memoryStore()): Promise<{ client: KezhanClient; far: Far; room: Room }> {
  const room = new Room()
  for (let n = 1; n <= count; n++) room.add(`m${n}`)
  const far = new Far()
  room.on(far)
  const [client] = await begin(far, { store })
  return { client, far, room }
}

it('sends nothing before the greeting, and then everything in the order it was said', async () => {
  const far = new Far()
  far.onFrame = () => undefined
  const [client] = await begin(far)
  for (const body of ['one', 'two', 'three']) client.say({ body })
  expect(far.line.of('send')).toEqual([])
  far.line.say(far.ready())
  expect(far.line.of('send').map(({ body }) => body)).toEqual(['one', 'two', 'three'])
})

it('gives every message its own name, and no message two', async () => {
  const { client, far, room } = await talking()
  const names = Array.from({ length: 50 }, (_, n) => client.say({ body: `${n}` }))
  expect(new Set(names).size).toBe(50)
  expect(room.messages.map(({ client_id }) => client_id)).toEqual(names)
  far.line.cut()
  await pass(2_001)
  expect(room.messages).toHaveLength(50)
  expect(far.line.of('send')).toEqual([])
})

it('stores once what was acknowledged into a broken line', async () => {
  const { client, far, room } = await talking()
  far.onFrame = (frame) => void (frame.type === 'send' && room.mine(frame.body!, { client_id: frame.client_id }))
  const name = client.say({ body: 'is it there?' })
  expect(client.outbox.entries[0]?.state).toBe('sending')
  room.on(far)
  far.line.cut()
  await pass(2_001)
  expect(far.line.of('send').map(({ client_id }) => client_id)).toEqual([name])
  expect(room.messages).toHaveLength(1)
  expect([client.outbox.entries, bodies(client.latest)]).toEqual([[], ['is it there?']])
})

it('shows a message once when its acknowledgement comes twice, late, or for nothing it knows', async () => {
  const { client, far, room } = await talking()
  client.say({ body: 'x' })
  const { client_id } = far.line.of('send')[0]!
  const ack = { type: 'ack', client_id, conversation_id: 'c', seq: 1, repeated: true } as const
  far.line.say(ack, ack, { ...ack, client_id: 'somebody else' }, room.since(0))
  expect([client.outbox.entries, bodies(client.latest)]).toEqual([[], ['x']])
})

it('finds its message when the acknowledgement came and the line broke before the message itself', async () => {
  const { client, far, room } = await talking()
  far.onFrame = (frame, line) => {
    if (frame.type !== 'send') return
    room.mine('x', { client_id: frame.client_id })
    line.say({ type: 'ack', client_id: frame.client_id, conversation_id: 'c', seq: 1 })
  }
  client.say({ body: 'x' })
  expect(client.outbox.entries.map(({ state }) => state)).toEqual(['sent'])
  room.on(far)
  far.line.cut()
  await pass(2_001)
  expect(far.line.of('send')).toEqual([])
  expect([client.outbox.entries, bodies(client.latest)]).toEqual([[], ['x']])
})

it('keeps a message that was refused, with the reason, until it is tried again or thrown away', async () => {
  const { client, far, room } = await talking()
  const answer = far.onFrame
  far.onFrame = (frame, line) => {
    if (frame.type === 'send') line.say({ type: 'refused', ref: frame.client_id, code: 'kit.too_many', title: 'Too fast' })
  }
  const [again, away] = [client.say({ body: 'again' })!, client.say({ body: 'away' })!]
  expect(client.outbox.entries.map(({ state, title }) => [state, title])).toEqual([['failed', 'Too fast'], ['failed', 'Too fast']])
  far.onFrame = answer
  far.line.cut()
  await pass(2_001)
  expect(far.line.of('send')).toEqual([])
  client.discard(away)
  client.retrySend(again)
  client.retrySend(away)
  expect(room.messages.map(({ client_id }) => client_id)).toEqual([again])
  expect(client.outbox.entries).toEqual([])
})

it('does not let one refused message hold up those behind it', async () => {
  const { client, far, room } = await talking()
  const answer = far.onFrame
  far.onFrame = (frame, line) => {
    if (frame.type === 'send' && frame.body === 'bad') line.say({ type: 'refused', ref: frame.client_id, code: 'x', title: 'No' })
    else answer(frame, line)
  }
  for (const body of ['good', 'bad', 'better']) client.say({ body })
  expect(bodies(room)).toEqual(['good', 'better'])
})

it('has no more than forty under way, and goes on with each acknowledgement', async () => {
  const { client, far, room } = await talking()
  const answer = far.onFrame
  far.onFrame = () => undefined
  for (let n = 0; n < 60; n++) client.say({ body: `${n}` })
  expect(far.line.of('send')).toHaveLength(40)
  far.onFrame = answer
  answer(far.line.of('send')[0]!, far.line)
  expect(bodies(room)?.slice(0, 3)).toEqual(['0', '40', '41'])
})

it('says so when the outbox is full, and takes more when there is room', async () => {
  const far = new Far()
  far.network = 'gone'
  const [client] = await begin(far)
  const listener = vi.fn()
  client.on('outbox', listener)
  for (let n = 0; n < OUTBOX_CAP; n++) expect(client.say({ body: `${n}` })).toBeTruthy()
  expect(client.say({ body: 'one too many' })).toBeNull()
  expect(listener.mock.lastCall![0]).toHaveLength(OUTBOX_CAP)
  client.discard(client.outbox.entries[0]!.client_id)
  expect(client.say({ body: 'again' })).toBeTruthy()
})

it('goes on after a reload with what was not acknowledged, before anything new', async () => {
  const store = memoryStore()
  const far = new Far()
  far.network = 'gone'
  const [before] = await begin(far, { store })
  before.say({ body: 'one' })
  before.say({ body: 'two', quote_seq: 3 })
  before.stop()
  const { client, far: later } = await talking(0, store)
  client.say({ body: 'three' })
  expect(later.line.of('send').map(({ body, quote_seq }) => [body, quote_seq])).toEqual([['one', undefined], ['two', 3], ['three', undefined]])
  expect(store.keys()).toEqual(['token'])
})

it('keeps the order over a reload though all was said in one moment and the storage has none', async () => {
  const kept = memoryStore()
  const store = { ...kept, keys: () => kept.keys().reverse() }
  const offline = new Far()
  offline.network = 'gone'
  const [before] = await begin(offline, { store })
  for (const body of ['one', 'two', 'three']) before.say({ body })
  before.stop()
  const { room } = await talking(0, store)
  expect(bodies(room)).toEqual(['one', 'two', 'three'])
})

it('stores a message once though two tabs have it in their outbox', async () => {
  const store = memoryStore()
  const offline = new Far()
  offline.network = 'gone'
  const [first] = await begin(offline, { store })
  first.say({ body: 'x' })
  const { client, room } = await talking(0, store)
  expect(bodies(room)).toEqual(['x'])
  offline.network = 'up'
  room.on(offline)
  offline.install()
  await pass(2_000)
  expect(offline.line.of('send')).toHaveLength(1)
  expect(bodies(room)).toEqual(['x'])
  expect([first.outbox.entries, client.outbox.entries, bodies(first.latest)]).toEqual([[], [], ['x']])
})

it('shows in one tab what was said in the other', async () => {
  const { client, far, room } = await talking(1)
  far.line.say(room.mine('from the other tab', { client_id: 'theirs' }))
  expect(bodies(client.latest)).toEqual(['m1', 'from the other tab'])
})

it.each<[string, () => void]>([
  ['full', () => vi.spyOn(globalThis.localStorage, 'setItem').mockImplementation(() => { throw new Error('quota') })],
  ['forbidden', () => Object.defineProperty(globalThis, 'localStorage', { configurable: true, get: () => { throw new Error('denied') } })],
])('loses nothing but the memory of a reload where storage is %s', async (_, breakIt) => {
  const values = new Map<string, string>()
  const kept = {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  }
  Object.defineProperty(globalThis, 'localStorage', { configurable: true, writable: true, value: kept })
  breakIt()
  const { client, far, room } = await talking(0, localStore('kezhan.k.'))
  client.say({ body: 'x' })
  far.line.cut()
  client.say({ body: 'y' })
  await pass(2_001)
  expect([bodies(room), client.outbox.entries]).toEqual([['x', 'y'], []])
  Reflect.deleteProperty(globalThis, 'localStorage')
})

it('asks once for what a gap hides and shows nothing out of order meanwhile', async () => {
  const { client, far, room } = await talking(2)
  const seen: number[][] = []
  client.on('thread', ({ messages }) => seen.push(messages.map(({ seq }) => seq)))
  room.add('m3')
  far.onFrame = () => undefined
  far.line.say(room.add('m4'))
  expect(bodies(client.latest)).toEqual(['m1', 'm2'])
  expect(far.line.of('watch').pop()).toEqual({ type: 'watch', conversation_id: 'c', rev: 2 })
  far.line.say(room.since(2))
  expect(seen).toEqual([[1, 2, 3, 4]])
})

it('comes to the same conversation whatever order and repetition the frames come in', async () => {
  const { client, far, room } = await talking(1)
  const frames = [
    room.add('m2'), room.mine('m3'), room.change(2, { body: 'edited', edited_at: '2026-11-22T04:01:00Z' }),
    room.mark('agent', 3, 3), room.change(3, { body: '', recalled_at: '2026-11-22T04:02:00Z' }), room.become({ state: 'closed' }),
  ]
  for (const n of [3, 0, 0, 5, 2, 1, 4, 3, 5]) far.line.say(frames[n]!)
  await pass()
  const thread = client.latest!
  expect(thread.rev).toBe(room.rev)
  expect(bodies(thread)).toEqual(['m1', 'edited', ''])
  expect(thread.messages[2]!.recalled_at).toBeTruthy()
  expect([thread.head?.state, thread.marks[0]?.read_seq]).toEqual(['closed', 3])
})

it('reads afresh on resync, and takes what happens during the reading as a change', async () => {
  const { client, far, room } = await talking(2)
  room.change(1, { body: 'changed while away' })
  const before = room.snapshot()
  far.gives('/conversations/c', before)
  room.add('during the reading')
  far.line.say({ type: 'resync', conversation_id: 'c' })
  await pass()
  expect(far.line.of('watch').pop()).toEqual({ type: 'watch', conversation_id: 'c', rev: 3 })
  expect(bodies(client.latest)).toEqual(['changed while away', 'm2', 'during the reading'])
})

it('hangs up when reading afresh fails, so that it is done again', async () => {
  const { client, far, room } = await talking(1)
  far.gives('/conversations/c', { status: 500 })
  const [line] = far.lines
  line!.say({ type: 'resync', conversation_id: 'c' })
  await pass()
  expect(line!.readyState).toBe(3)
  room.add('m2')
  await pass(1_000)
  expect(bodies(client.latest)).toEqual(['m1', 'm2'])
})

it('resumes the newest conversation, for that is the one a customer speaks in', async () => {
  const { client, far, room } = await talking(1)
  const next = new Room({ id: 'd', opened_at: '2026-11-23T04:00:00.000Z' })
  far.line.say(next.become({}), next.add('a new one'))
  expect(client.history.map(({ id }) => id)).toEqual(['c', 'd'])
  room.add('late')
  far.line.cut(1012)
  await pass(1_001)
  expect(far.line.of('auth')[0]).toMatchObject({ conversation_id: 'd', rev: 2 })
})

it('counts a conversation without a head as the newest, because it has only just begun', async () => {
  const { client, far } = await talking(1)
  far.line.say({ type: 'changed', conversation_id: 'new', from_rev: 0, rev: 1, messages: [] })
  expect(client.latest?.id).toBe('new')
})

it('marks again after a break what the server may have missed, and sends nothing while there is no line', async () => {
  const { client, far } = await talking(3)
  client.mark('c', 3, 1)
  client.mark('c', 2, 1)
  client.mark('c', 3, 1)
  expect(far.line.of('mark')).toEqual([{ type: 'mark', conversation_id: 'c', delivered_seq: 3, read_seq: 1 }])
  far.line.cut(1012)
  client.mark('c', 3, 3)
  await pass(1_001)
  client.mark('c', 3, 3)
  const last = { type: 'mark', conversation_id: 'c', delivered_seq: 3, read_seq: 3 }
  expect(far.lines[1]!.of('mark')).toEqual([last])
  far.line.cut(1012)
  await pass(1_001)
  client.mark('c', 3, 3)
  expect(far.lines[2]!.of('mark')).toEqual([last])
})

it('says what is being written to a conversation only, cut to what an agent needs, and when it has stopped', async () => {
  const { client, far, room } = await talking()
  client.typing('to nobody')
  expect(far.line.of('typing')).toEqual([])
  far.line.say(room.add('hello'))
  client.typing('好'.repeat(600))
  client.typing('')
  expect(far.line.of('typing').map(({ body, active }) => [body!.length, active])).toEqual([[500, true], [0, false]])
})

it('passes on who is typing, and a refusal nobody waits for', async () => {
  const { client, far } = await talking(1)
  const [typing, refused] = [vi.fn(), vi.fn()]
  client.on('typing', typing)
  client.on('refused', refused)
  far.line.say({ type: 'typing', conversation_id: 'c', author: { kind: 'agent', name: '周小满' }, active: true })
  far.line.say({ type: 'refused', ref: null, code: 'kit.bad_input', title: 'No' })
  expect(typing.mock.lastCall![0]).toMatchObject({ author: { name: '周小满' } })
  expect(refused.mock.lastCall![0]).toMatchObject({ code: 'kit.bad_input', title: 'No' })
})

it('tells a change of the page while it is on the line, and opens the next session on the page she is on', async () => {
  const { client, far } = await talking()
  client.view({ url: 'https://shop.example/cart', title: '购物车' })
  client.view({ url: '' })
  expect(far.line.of('page')).toEqual([
    { type: 'page', url: 'https://shop.example/cart', title: '购物车' },
    { type: 'page', url: '', title: '' },
  ])
  client.view({ url: 'https://shop.example/help' })
  far.line.cut(4401)
  await pass(1_000)
  expect(far.to('/sessions').map(({ body }) => (body.page as { url: string }).url)).toEqual(['https://shop.example/tea', 'https://shop.example/help'])
})

it('refuses an edit at once where there is no line, instead of forgetting it', async () => {
  const { client, far } = await talking(1)
  far.line.cut()
  await expect(client.call({ type: 'edit', conversation_id: 'c', seq: 1, body: 'x' })).rejects.toMatchObject({ code: 'client.offline' })
  await pass(2_001)
  expect(far.line.of('edit')).toEqual([])
})

it.each([
  ['10,001 characters', { body: '茶'.repeat(10_001) }],
  ['a frame over 64 KiB', { body: 'x', file_id: 'f'.repeat(65_536) }],
])('refuses %s at once, in words, instead of sending it for ever', async (_, draft) => {
  const [client, far] = await begin()
  let why: unknown
  try {
    client.say(draft)
  } catch (fault) {
    why = fault
  }
  expect(why).toMatchObject({ code: 'client.too_long', message: expect.stringContaining('10,000') })
  expect([client.outbox.entries, far.line.of('send')]).toEqual([[], []])
  await expect(client.call({ type: 'edit', conversation_id: 'c', seq: 1, ...draft })).rejects.toMatchObject({ code: 'client.too_long' })
  expect([client.state, far.line.of('edit')]).toEqual(['online', []])
})

it('counts characters as the server does, so that 10,000 signs of two units each are sent', async () => {
  const [client, far] = await begin()
  client.say({ body: '🍵'.repeat(10_000) })
  expect(far.line.of('send')).toHaveLength(1)
})
