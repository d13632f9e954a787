import { expect, it, vi } from 'vitest'
import { KezhanClient } from '../client.ts'
import { memoryStore } from '../store.ts'
import type { State } from '../types.ts'
import { begin, onStage, pass, URL } from './begin.ts'
import { Far, Room, SESSION } from './far.ts'

onStage()

/** How long after `code` the client waits before it tries again, with dice that always show `dice`. */
async function waitAfter(code: number, dice: number, brokenBefore = 0): Promise<number> {
  vi.spyOn(Math, 'random').mockReturnValue(dice)
  const [client, far] = await begin()
  far.onFrame = () => undefined
  for (let n = 0; n < brokenBefore; n++) {
    far.line.cut()
    await pass(30_000)
    far.lines.splice(0, far.lines.length - 1)
  }
  const before = far.lines.length + far.calls.length
  far.line.cut(code)
  let waited = 0
  for (; far.lines.length + far.calls.length === before && waited < 60_000; waited += 50) await pass(50)
  client.stop()
  return waited
}

it.each([
  ['a break', 1006, [50, 2_000]],
  ['a restart', 1012, [25, 800]],
  ['a server that goes away', 1001, [25, 800]],
  ['a slow line', 1013, [5_250, 5_500]],
  ['too many frames', 4429, [5_250, 5_500]],
  ['a session that is over', 4401, [250, 500]],
  ['a frame too big', 1009, [250, 500]],
])('comes back after %s (%i) at a moment that differs from client to client', async (_, code, [least, most]) => {
  expect(await waitAfter(code, 0)).toBeCloseTo(least!, -2)
  vi.restoreAllMocks()
  expect(await waitAfter(code, 0.999)).toBeCloseTo(most!, -2)
})

it('doubles its patience up to half a minute', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(1)
  const far = new Far()
  far.network = 'gone'
  const [client] = await begin(far)
  const tried: number[] = []
  vi.stubGlobal('fetch', async () => {
    tried.push(Date.now())
    throw new TypeError('Failed to fetch')
  })
  await pass(200_000)
  const waits = tried.slice(1).map((at, n) => Math.round((at - tried[n]!) / 100) / 10)
  expect(waits).toEqual([1, 2, 4, 8, 16, ...Array(waits.length - 5).fill(30)])
  expect(waits.length).toBeGreaterThan(6)
  expect(client.state).toBe('offline')
})

it('begins with short waits again once it has been on the line', async () => {
  const [client, far] = await begin()
  far.network = 'gone'
  far.line.cut()
  await pass(60_000)
  far.network = 'up'
  for (let s = 0; s < 120 && client.state !== 'online'; s++) await pass(1_000)
  const lines = far.lines.length
  far.line.cut()
  await pass(2_001)
  expect(far.lines.length).toBe(lines + 1)
})

it('never has two lines at once, however often it is woken', async () => {
  const [client, far] = await begin()
  client.wake()
  client.wake()
  await pass()
  expect(far.lines).toHaveLength(1)
  far.line.cut()
  client.wake()
  client.wake()
  await pass(10_000)
  expect(far.lines).toHaveLength(2)
  expect(far.to('/sessions')).toHaveLength(1)
})

it('hangs up when the browser loses its network, and is back at once when it returns', async () => {
  const there = new EventTarget()
  vi.stubGlobal('addEventListener', there.addEventListener.bind(there))
  vi.stubGlobal('removeEventListener', there.removeEventListener.bind(there))
  const [client, far] = await begin()
  there.dispatchEvent(new Event('offline'))
  expect([client.state, far.line.readyState]).toEqual(['offline', 3])
  there.dispatchEvent(new Event('online'))
  await pass(1)
  expect([client.state, far.lines.length]).toEqual(['online', 2])
  client.stop()
  there.dispatchEvent(new Event('online'))
  await pass(60_000)
  expect(far.lines).toHaveLength(2)
})

it('stays away once it is stopped, also between two attempts', async () => {
  const [client, far] = await begin()
  client.stop()
  await pass(120_000)
  expect([client.state, far.lines.length]).toEqual(['idle', 1])
  const [other, there] = await begin()
  there.line.cut()
  other.stop()
  client.wake()
  other.wake()
  await pass(120_000)
  expect([other.state, far.lines.length, there.lines.length]).toEqual(['idle', 1, 1])
})

it('stays away when it is stopped while the session is being opened', async () => {
  const far = new Far()
  far.install()
  const client = new KezhanClient({ siteKey: 'kzp_1', server: URL, store: memoryStore() })
  client.start()
  client.stop()
  await pass(60_000)
  expect([client.state, far.lines.length]).toEqual(['idle', 0])
  client.start()
  await pass()
  expect([client.state, far.lines.length]).toEqual(['online', 1])
})

it('says each change of its state once', async () => {
  const far = new Far()
  far.install()
  const client = new KezhanClient({ siteKey: 'kzp_1', server: URL, store: memoryStore() })
  const states: State[] = []
  const deaf = client.on('state', (state) => states.push(state))
  client.start()
  await pass()
  far.line.cut(1012)
  await pass(1_001)
  expect(states).toEqual(['connecting', 'online', 'offline', 'connecting', 'online'])
  deaf()
  client.stop()
  expect(states).toHaveLength(5)
})

it('does not come back when the desk has blocked it', async () => {
  const [client, far] = await begin()
  far.line.cut(4403)
  client.wake()
  await pass(120_000)
  expect([client.state, far.lines.length]).toEqual(['refused', 1])
})

it.each([
  [400, 'refused'], [403, 'refused'], [404, 'refused'], [429, 'offline'], [500, 'offline'], [503, 'offline'],
])('answers a session refused with %i by being %s', async (status, state) => {
  const far = new Far().gives('/sessions', { status, title: 'No' })
  const [client] = await begin(far)
  expect(client.state).toBe(state)
  await pass(40_000)
  expect(far.to('/sessions').length > 1).toBe(state === 'offline')
})

it('renews its token under the same name when the session is over, and keeps what it held', async () => {
  const store = memoryStore()
  const room = new Room()
  room.add('one')
  const far = new Far()
  room.on(far)
  const [client] = await begin(far, { store })
  expect(client.latest?.messages).toHaveLength(1)
  far.session = { ...far.session, token: 'new' }
  far.line.cut(4401)
  await pass(1_000)
  expect(far.to('/sessions').map(({ body }) => body.token)).toEqual([null, 'tok'])
  expect(far.line.of('auth')).toEqual([{ type: 'auth', token: 'new', conversation_id: 'c', rev: 1 }])
  expect(store.get('token')).toBe('new')
})

it('asks for a session without an identity after a forged one, and tells why', async () => {
  const far = new Far()
  const [client] = await begin(far)
  const refused = vi.fn()
  client.on('refused', refused)
  far.gives('/sessions', { status: 401, code: 'channels.identity', title: 'Not signed by this site' })
  client.identify('forged')
  await pass()
  expect(refused).toHaveBeenCalledExactlyOnceWith({ code: 'channels.identity', title: 'Not signed by this site' })
  far.gives('/sessions', SESSION)
  await pass(1_000)
  expect(far.to('/sessions').map(({ body }) => body.identity)).toEqual([null, 'forged', null])
  expect(client.state).toBe('online')
})

it('goes on as another person without what the first one has read', async () => {
  const far = new Far()
  const room = new Room()
  room.add('for the first')
  room.on(far)
  const [client] = await begin(far)
  expect(client.history).toHaveLength(1)
  new Room({ id: 'theirs' }).on(far)
  client.identify('signed')
  expect(client.history).toEqual([])
  await pass()
  expect(far.to('/sessions')[1]!.body.identity).toBe('signed')
  expect(far.line.of('auth')).toEqual([{ type: 'auth', token: 'tok' }])
  expect(client.history).toEqual([])
})

it('goes on as the person named while the session was being opened, and as nobody else', async () => {
  const far = new Far()
  far.install()
  const client = new KezhanClient({ siteKey: 'kzp_1', server: URL, store: memoryStore() })
  const opened = vi.fn()
  client.on('session', opened)
  client.start()
  client.identify('signed')
  await pass()
  expect(far.to('/sessions').map(({ body }) => body.identity)).toEqual([null, 'signed'])
  expect([opened.mock.calls.length, far.lines.length, client.state]).toEqual([1, 1, 'online'])
})

it('reads the conversation the greeting names, and hangs up when that fails', async () => {
  const far = new Far()
  const room = new Room()
  room.add('one')
  room.on(far)
  far.gives('/conversations/c', { status: 500 })
  const [client] = await begin(far)
  expect(client.threads.size).toBe(0)
  far.gives('/conversations/c', room.snapshot())
  await pass(2_000)
  expect(client.latest?.messages.map(({ body }) => body)).toEqual(['one'])
  expect(client.state).toBe('online')
})

it('waits longer each time a reading fails, for it is not on the line before that', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(1)
  const far = new Far()
  const room = new Room()
  room.add('one')
  room.on(far)
  far.gives('/conversations/c', { status: 500 })
  await begin(far)
  await pass(60_000)
  expect(far.lines.length).toBeLessThan(9)
})

it('cuts a socket that opens and says nothing, and asks elsewhere', async () => {
  const far = new Far()
  far.network = 'silent'
  await begin(far)
  expect(far.line.of('auth')).toHaveLength(1)
  await pass(8_000)
  expect(far.lines[0]!.readyState).toBe(3)
  await pass(10_000)
  expect(far.calls.map(({ path }) => path)).toContain('/ws/stream')
})

it('goes round between sockets and the stream while neither comes through', async () => {
  const far = new Far()
  far.network = 'blocked'
  const [client] = await begin(far)
  await pass(40_000)
  const streams = far.to('/ws/stream').length
  expect(streams).toBeGreaterThan(0)
  expect(far.lines.length).toBeGreaterThan(2 * streams - 1)
  far.network = 'up'
  await pass(60_000)
  expect(client.state).toBe('online')
})

it('does not try the stream where requests do not go through either', async () => {
  const far = new Far()
  far.network = 'blocked'
  const [client] = await begin(far)
  far.gives('/conversations?limit=1', { status: 502 })
  await pass(30_000)
  expect(far.to('/ws/stream')).toEqual([])
  expect(far.lines.length).toBeGreaterThan(2)
  expect(client.state).not.toBe('refused')
})

it('shows that somebody is at the desk as it changes, not as it was at the beginning', async () => {
  const far = new Far()
  far.session = { ...SESSION, agents_online: false }
  const [client] = await begin(far)
  const seen: boolean[] = []
  client.on('agents', (online) => seen.push(online))
  expect(client.agentsOnline).toBe(false)
  far.line.say({ type: 'agents', online: true })
  expect(client.agentsOnline).toBe(true)
  far.line.cut(1012)
  await pass(1_001)
  expect(seen).toEqual([true, false])
})

it('keeps a line that says anything at all', async () => {
  const [, far] = await begin()
  for (let n = 0; n < 5; n++) {
    await pass(18_000)
    far.line.say({ type: 'pong' })
  }
  expect(far.lines).toHaveLength(1)
  expect(far.line.of('ping')).toHaveLength(5)
})

it('hears nothing more from a line that is over', async () => {
  const [client, far] = await begin()
  const [old] = far.lines
  old!.cut()
  old!.say({ type: 'agents', online: false }, far.ready())
  old!.cut(4403)
  expect([client.state, client.agentsOnline]).toEqual(['offline', true])
})

it('does not mind frames it does not know', async () => {
  const [client, far] = await begin()
  far.line.say({ type: 'invented', conversation_id: 'c' } as never, { type: 'agents', online: false })
  expect([client.state, client.agentsOnline]).toEqual(['online', false])
})

it('tells after a break where the customer has gone meanwhile, and nothing where she stayed', async () => {
  const [client, far] = await begin()
  far.line.cut(1012)
  await pass(1_001)
  expect(far.line.of('page')).toEqual([])
  far.line.cut(1012)
  client.view({ url: 'https://shop.example/cart', title: 'Cart' })
  await pass(1_001)
  expect(far.line.of('page')).toEqual([{ type: 'page', url: 'https://shop.example/cart', title: 'Cart' }])
})

it('leaves it to a new session to say where she is, but for what came after it was asked for', async () => {
  const [client, far] = await begin()
  far.line.cut(4401)
  client.view({ url: 'https://shop.example/a' })
  await pass(1_000)
  expect(far.to('/sessions')[1]!.body.page).toEqual({ url: 'https://shop.example/a' })
  expect(far.line.of('page')).toEqual([])
  const other = new KezhanClient({ siteKey: 'kzp_1', server: URL, store: memoryStore() })
  other.start({ url: 'https://shop.example/b' })
  other.view({ url: 'https://shop.example/c' })
  await pass()
  expect(far.line.of('page')).toMatchObject([{ url: 'https://shop.example/c' }])
})
