import { expect, it, vi } from 'vitest'
import { conversations, edit, fileAddress, older, recall, upload } from '../calls.ts'
import { type KezhanClient, Refused } from '../client.ts'
import { begin, onStage } from './begin.ts'
import { Far, Room } from './far.ts'

onStage()

const FILE = {
  id: 'f', name: '茶单.pdf', media_type: 'application/pdf', size: 3, url: '/f/f?s=1', thumbnail_url: null, expires_at: '2026-11-22T04:10:00Z',
}
const blob = new Blob(['茶单'])

async function talking(count: number): Promise<{ client: KezhanClient; far: Far; room: Room }> {
  const [room, far] = [new Room(), new Far()]
  for (let n = 1; n <= count; n++) room.add(`m${n}`)
  room.on(far)
  const [client] = await begin(far, { language: 'en' })
  return { client, far, room }
}

it('speaks as the customer it is, in her language', async () => {
  const { client, far } = await talking(1)
  await conversations(client)
  const [first] = far.to('/sessions')
  const [asked] = far.to('/conversations')
  expect(first!.headers).not.toHaveProperty('Authorization')
  expect(asked).toMatchObject({ method: 'GET', headers: { Authorization: 'Bearer tok', 'Accept-Language': 'en' }, body: {} })
  expect(asked!.headers).not.toHaveProperty('Content-Type')
})

it('tells the site what a greeting needs, and nothing it was not asked for', async () => {
  const { far } = await talking(0)
  expect(Object.keys(far.to('/sessions')[0]!.body).sort()).toEqual(['identity', 'language', 'page', 'screen', 'site_key', 'time_zone', 'token'])
  expect(far.to('/sessions')[0]!.body).toMatchObject({ site_key: 'kzp_1', language: 'en', page: { url: 'https://shop.example/tea', title: 'Tea' } })
})

it.each([
  ['with a body the reader may see', JSON.stringify({ code: 'kit.too_many', title: 'Slow down' }), 'kit.too_many', 'Slow down'],
  ['by something in between that speaks HTML', '<h1>Bad gateway</h1>', '', ''],
  ['with nothing at all', '', '', ''],
])('gives a refusal %s a code, words and its status', async (_, text, code, title) => {
  const { client } = await talking(0)
  vi.stubGlobal('fetch', async () => new Response(text, { status: 502 }))
  const refused = await client.request('GET', '/x').catch((why: unknown) => why)
  expect(refused).toBeInstanceOf(Refused)
  expect(refused).toMatchObject({ code, message: title, status: 502 })
})

it('takes back and rewords under the number the conversation knows', async () => {
  const { client, far, room } = await talking(0)
  client.say({ body: 'helo' })
  await edit(client, 'c', 1, 'hello')
  expect(client.latest!.message(1)).toMatchObject({ body: 'hello', edited_at: expect.any(String) })
  await recall(client, 'c', 1)
  expect(client.latest!.message(1)).toMatchObject({ body: '', recalled_at: expect.any(String) })
  expect([...far.line.of('edit'), ...far.line.of('recall')].map(({ seq }) => seq)).toEqual([1, 1])
  expect(room.messages).toHaveLength(1)
})

it('answers each of two calls under way with its own answer', async () => {
  const { client, far } = await talking(2)
  far.onFrame = () => undefined
  const [one, two] = [edit(client, 'c', 1, 'a'), edit(client, 'c', 2, 'b')]
  const [first, second] = far.line.of('edit')
  far.line.say({ type: 'refused', ref: second!.ref, code: 'conversations.too_late', title: 'Too late' })
  far.line.say({ type: 'done', ref: first!.ref }, { type: 'done', ref: first!.ref }, { type: 'done', ref: 'unknown' })
  await expect(one).resolves.toBeUndefined()
  await expect(two).rejects.toMatchObject({ code: 'conversations.too_late' })
})

it('reads back page by page until there is no more, over pages that hold nothing for a customer', async () => {
  const { client, far, room } = await talking(0)
  far.line.say(...['m7', 'm8'].map((body, n) => room.add(body, { seq: 7 + n })))
  const thread = client.latest!
  const at = '2026-11-22T03:00:00.000Z'
  const made = (seq: number) => ({ seq, rev: seq, kind: 'text', author: { kind: 'agent' }, at, body: `m${seq}` }) as const
  far
    .gives('/conversations/c/messages?before=7', { items: [], next: '5' })
    .gives('/conversations/c/messages?before=5', { items: [made(3), made(4)], next: '3' })
    .gives('/conversations/c/messages?before=3', { items: [made(1)], next: null })
  await older(client, thread)
  expect([thread.messages.map(({ seq }) => seq), thread.more]).toEqual([[3, 4, 7, 8], true])
  await older(client, thread)
  expect([thread.messages.map(({ seq }) => seq), thread.more]).toEqual([[1, 3, 4, 7, 8], false])
})

it('asks for nothing older than nothing', async () => {
  const { client, far } = await talking(0)
  far.line.say({ type: 'changed', conversation_id: 'c', from_rev: 0, rev: 1 })
  const calls = far.calls.length
  await older(client, client.latest!)
  expect([far.calls.length, client.latest!.more]).toEqual([calls, false])
})

it('leaves what is held as it is when an older page cannot be read', async () => {
  const { client, far } = await talking(2)
  far.gives('/conversations/c/messages?before=1', { status: 500 })
  await expect(older(client, client.latest!)).rejects.toBeInstanceOf(Refused)
  expect(client.latest!.messages).toHaveLength(2)
})

it('finds the address of a file, and passes on why there is none', async () => {
  const { client, far } = await talking(1)
  far.gives('/conversations/c/messages/1/file', FILE)
  await expect(fileAddress(client, 'c', 1)).resolves.toMatchObject({ url: '/f/f?s=1' })
  await expect(fileAddress(client, 'other', 1)).rejects.toMatchObject({ status: 404 })
})

it('uploads as the customer, with the name she sees, and tells how far it is', async () => {
  const { client, far } = await talking(0)
  const parts: number[] = []
  const done = upload(client, blob, '茶单.pdf', (part) => parts.push(part))
  const [under] = far.uploads
  expect([under!.url, under!.headers.Authorization]).toEqual(['https://chat.example/w/v1/files', 'Bearer tok'])
  expect((under!.form!.get('file') as File).name).toBe('茶单.pdf')
  under!.progress(0.5)
  under!.upload.onprogress!({ loaded: 0, total: 0 })
  under!.progress(1)
  under!.answer(FILE)
  await expect(done).resolves.toEqual(FILE)
  expect(parts).toEqual([0.5, 0, 1])
})

it.each([
  ['too large', { status: 413, code: 'files.too_large', title: 'The file is larger than 20 MB' }, 'files.too_large'],
  ['of a kind not taken', { status: 415, code: 'files.kind', title: 'Not this kind' }, 'files.kind'],
  ['answered by a page of a proxy', { status: 502 }, ''],
])('refuses an upload that is %s with what the server says', async (_, answer, code) => {
  const { client, far } = await talking(0)
  const done = upload(client, blob, 'x')
  const [under] = far.uploads
  if ('title' in answer) under!.answer(answer)
  else under!.answer('<html>', answer.status)
  await expect(done).rejects.toMatchObject({ code, message: 'title' in answer ? answer.title : '', status: answer.status })
})

it('says that the network went when an upload breaks', async () => {
  const { client, far } = await talking(0)
  const done = upload(client, blob, 'x')
  far.uploads[0]!.onerror!()
  await expect(done).rejects.toMatchObject({ code: 'client.offline' })
})

it('uploads without XMLHttpRequest where there is none, as in Node and in workers', async () => {
  const { client } = await talking(0)
  vi.stubGlobal('XMLHttpRequest', undefined)
  const asked = vi.fn(async (_url: string, init: RequestInit) =>
    new Response(JSON.stringify((init.body as FormData).get('file') ? FILE : {}), { status: 201 }))
  vi.stubGlobal('fetch', asked)
  await expect(upload(client, blob, 'x')).resolves.toEqual(FILE)
  expect(asked.mock.lastCall![1].headers).toEqual({ Authorization: 'Bearer tok' })
  vi.stubGlobal('fetch', async () => new Response('{"code":"files.kind","title":"No"}', { status: 415 }))
  await expect(upload(client, blob, 'x')).rejects.toMatchObject({ code: 'files.kind', status: 415 })
})

it('breaks an upload off when it is told to, and sends nothing of one that was called off before', async () => {
  const { client, far } = await talking(0)
  const under = new AbortController()
  const done = upload(client, blob, 'x', undefined, under.signal)
  under.abort()
  await expect(done).rejects.toMatchObject({ code: 'client.aborted' })
  expect(far.uploads[0]!.aborted).toBe(true)
  await expect(upload(client, blob, 'x', undefined, under.signal)).rejects.toMatchObject({ code: 'client.aborted' })
  expect(far.uploads).toHaveLength(1)
})

it('breaks off without XMLHttpRequest, too, and tells another fault from that', async () => {
  const { client } = await talking(0)
  vi.stubGlobal('XMLHttpRequest', undefined)
  vi.stubGlobal('fetch', (_url: string, { signal }: RequestInit) =>
    new Promise((_, reject) => signal!.addEventListener('abort', () => reject(new DOMException('stopped', 'AbortError')))))
  const under = new AbortController()
  const done = upload(client, blob, 'x', undefined, under.signal)
  under.abort()
  await expect(done).rejects.toMatchObject({ code: 'client.aborted' })
  vi.stubGlobal('fetch', async () => { throw new TypeError('Failed to fetch') })
  await expect(upload(client, blob, 'x', undefined, new AbortController().signal)).rejects.toBeInstanceOf(TypeError)
})
