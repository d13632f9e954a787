import type { WorkspaceFrame } from '@kezhan/api'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startCalls } from '../../../call'
import { show } from '../../../i18n'
import { dispatch } from '../../../live'
import { line } from '../../realtime'
import { useSession } from '../../workspaces'
import { resumeConversations } from '../live'
import { useOutbox } from '../sending'
import { useLists } from '../store'
import { useThreads } from '../threads'
import { changed, head, ME, message, snapshot } from './fixtures'

let said: WorkspaceFrame[]
let answers: Record<string, unknown>
let asked: string[]

beforeEach(async () => {
  localStorage.clear()
  setActivePinia(createPinia())
  await show('zh-CN')
  startCalls(() => {})
  said = []
  asked = []
  vi.spyOn(line, 'send').mockImplementation((frame) => said.push(frame) > 0)
  answers = { '/api/conversations/c1': snapshot([message(1), message(2)]), '/api/conversation-counts': {} }
  vi.stubGlobal('fetch', (request: Request) => {
    const { pathname } = new URL(request.url)
    asked.push(pathname)
    const body = answers[pathname]
    const status = body === undefined ? 404 : 200
    return Promise.resolve(new Response(JSON.stringify(body ?? {}), { status, headers: { 'Content-Type': 'application/json' } }))
  })
  useSession().me = { id: ME, name: '小林', permissions: [] } as never
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

const bodies = (): (string | undefined)[] => useThreads().watched?.thread?.messages.map((one) => one.body) ?? []

it('follows a conversation from its snapshot on', async () => {
  await useThreads().watch('c1')
  expect(said).toEqual([{ type: 'watch', conversation_id: 'c1', rev: 2 }])
  dispatch(changed(2, 3, { messages: [message(3)] }))
  expect(bodies()).toEqual(['m1', 'm2', 'm3'])
})

it('asks for what is missing at a gap and then goes on', async () => {
  await useThreads().watch('c1')
  dispatch(changed(5, 6, { messages: [message(6)] }))
  expect(said.at(-1)).toEqual({ type: 'watch', conversation_id: 'c1', rev: 2 })
  expect(bodies()).toEqual(['m1', 'm2'])
  dispatch(changed(2, 6, { messages: [message(3), message(6)] }))
  expect(bodies()).toEqual(['m1', 'm2', 'm3', 'm6'])
})

it('reads the conversation afresh after a resync and follows it again', async () => {
  await useThreads().watch('c1')
  answers['/api/conversations/c1'] = snapshot([message(900)])
  dispatch({ type: 'resync', conversation_id: 'c1' })
  await vi.waitFor(() => expect(bodies()).toEqual(['m900']))
  expect(said.at(-1)).toEqual({ type: 'watch', conversation_id: 'c1', rev: 900 })
})

it('shows an own message at once, repeats it after a break, and takes it as one when it comes back', async () => {
  const outbox = useOutbox()
  await useThreads().watch('c1')
  outbox.say('c1', 'text', 'hello')
  const first = said.at(-1) as { client_id: string }
  expect(outbox.of('c1')).toHaveLength(1)
  resumeConversations()
  expect(said.at(-1)).toEqual(first)
  dispatch({ type: 'ack', client_id: first.client_id, conversation_id: 'c1', seq: 3, repeated: true })
  expect(outbox.of('c1')).toHaveLength(1)
  dispatch(changed(2, 3, { messages: [message(3, { client_id: first.client_id })] }))
  expect(outbox.of('c1')).toEqual([])
  expect(bodies()).toEqual(['m1', 'm2', 'm3'])
})

it('keeps a refused message with its reason and sends it again on request', async () => {
  const outbox = useOutbox()
  outbox.say('c1', 'text', 'hello')
  const { client_id } = said.at(-1) as { client_id: string }
  dispatch({ type: 'refused', ref: client_id, code: 'conversations.closed', title: '会话已结束' })
  expect(outbox.of('c1')[0]).toMatchObject({ state: 'failed', reason: '会话已结束' })
  resumeConversations()
  expect(said.filter((frame) => frame.type === 'send')).toHaveLength(1)
  outbox.retry(client_id)
  expect(said.filter((frame) => frame.type === 'send')).toHaveLength(2)
})

it('tells the asker of an edit what became of it', async () => {
  const outbox = useOutbox()
  const [good, bad] = [outbox.edit('c1', 1, 'x'), outbox.recall('c1', 2)]
  const [one, other] = said.slice(-2) as { ref: string }[]
  dispatch({ type: 'done', ref: one!.ref })
  dispatch({ type: 'refused', ref: other!.ref, code: 'conversations.too_late', title: '超过时间' })
  await expect(good).resolves.toBeUndefined()
  await expect(bad).rejects.toMatchObject({ title: '超过时间' })
})

it('says that somebody else’s conversation cannot be opened, and shows nothing of it', async () => {
  await useThreads().watch('stranger')
  expect(useThreads().watched).toMatchObject({ state: 'failed', thread: null })
})

it('asks for the lists again where a number is missing', () => {
  const lists = useLists()
  dispatch({ type: 'lists', epoch: 'e', rev: 4, resync: false })
  dispatch({ type: 'listed', rev: 5, changes: [{ conversation_id: 'c1', rev: 1, head: head() }] })
  expect(lists.rowsOf('mine')).toHaveLength(1)
  dispatch({ type: 'listed', rev: 7, changes: [{ conversation_id: 'c1', rev: 9, gone: true }] })
  expect(lists.rowsOf('mine')).toHaveLength(1)
  expect(said.at(-1)).toEqual({ type: 'lists', epoch: 'e', rev: 5 })
})

it('reads the lists afresh after a resync and drops what is no longer in them', async () => {
  const lists = useLists()
  const row = (id: string): unknown => ({ head: head({ id }), read_inbound: 0 })
  answers['/api/conversations'] = { items: [row('a'), row('b')] }
  await lists.load('mine')
  answers['/api/conversations'] = { items: [row('b')] }
  dispatch({ type: 'lists', epoch: 'new', rev: 0, resync: true })
  expect(lists.rowsOf('mine')).toHaveLength(2)
  await vi.waitFor(() => expect(lists.rowsOf('mine').map((one) => one.head.id)).toEqual(['b']))
  expect(asked.filter((path) => path === '/api/conversations')).toHaveLength(2)
})

it('hides the typing of a customer who has stopped, or sent', async () => {
  const threads = useThreads()
  await threads.watch('c1')
  const typing = { type: 'typing' as const, conversation_id: 'c1', author: { kind: 'visitor' as const }, body: '你们' }
  dispatch({ ...typing, active: true })
  expect(threads.typing.get('c1')?.body).toBe('你们')
  dispatch({ ...typing, active: false })
  expect(threads.typing.has('c1')).toBe(false)
  dispatch({ ...typing })
  dispatch(changed(2, 3, { messages: [message(3)] }))
  expect(threads.typing.has('c1')).toBe(false)
})
