import { beforeEach, describe, expect, it, vi } from 'vitest'

/** What the browser gives a worker, as far as ours uses it. */
type Heard = (event: Record<string, unknown>) => void
let heard: Map<string, Heard>
let caches_: Map<string, Map<string, Response>>
let shown: [string, NotificationOptions][]
let pages: { visibilityState: string; url: string; focus: () => Promise<void>; postMessage: (data: unknown) => void }[]
let opened: string[]
const fetched = vi.fn<(request: Request | string) => Promise<Response>>()
const ORIGIN = location.origin
// By its place, because its types are a worker's and not a page's.
const load = Object.values(import.meta.glob('../../../worker/sw.ts'))[0]!

const cacheOf = (name: string) => {
  const kept = caches_.get(name) ?? new Map<string, Response>()
  caches_.set(name, kept)
  const key = (request: Request | string): string => new URL(typeof request === 'string' ? request : request.url, ORIGIN).pathname
  return {
    add: async (request: Request) => void kept.set(key(request), new Response('offline')),
    put: async (request: Request, answer: Response) => void kept.set(key(request), answer),
    match: async (request: Request | string) => kept.get(key(request))?.clone(),
  }
}

beforeEach(async () => {
  vi.resetModules()
  heard = new Map()
  caches_ = new Map()
  shown = []
  pages = []
  opened = []
  fetched.mockReset()
  vi.stubGlobal('__BUILD__', 'b2')
  vi.stubGlobal('fetch', fetched)
  vi.stubGlobal('caches', {
    open: async (name: string) => cacheOf(name),
    keys: async () => [...caches_.keys()],
    delete: async (name: string) => caches_.delete(name),
    match: async (request: Request | string) => {
      for (const name of caches_.keys()) {
        const found = await cacheOf(name).match(request)
        if (found) return found
      }
    },
  })
  vi.stubGlobal('self', {
    addEventListener: (name: string, hear: Heard) => heard.set(name, hear),
    skipWaiting: vi.fn(),
    registration: { showNotification: async (title: string, options: NotificationOptions) => void shown.push([title, options]) },
    clients: { matchAll: async () => pages, openWindow: async (path: string) => void opened.push(path) },
  })
  await load()
})

async function happens(name: string, event: Record<string, unknown> = {}): Promise<void> {
  let until: Promise<unknown> = Promise.resolve()
  heard.get(name)!({ ...event, waitUntil: (work: Promise<unknown>) => (until = work) })
  await until
}

async function asks(path: string, more: { mode?: string; method?: string } = {}): Promise<string | null> {
  let answer: Promise<Response> | null = null
  const request = { url: new URL(path, ORIGIN).href, method: 'GET', mode: 'cors', ...more }
  heard.get('fetch')!({ request, respondWith: (found: Promise<Response>) => (answer = found) })
  return answer ? (await (answer as Promise<Response>)).text() : null
}

const push = { v: 1, kind: 'message', tag: 'c:1', title: '张三', body: '在吗', path: '/conversations/mine/1' }
const page = (visibilityState: string, path = '/conversations/mine') => ({ visibilityState, url: ORIGIN + path, focus: vi.fn(async () => undefined), postMessage: vi.fn() })

describe('the worker', () => {
  it('keeps the parts of the app, and nothing that the server answers', async () => {
    fetched.mockImplementation(async () => new Response('part'))
    expect([await asks('/assets/desk/a-1.js'), await asks('/assets/desk/a-1.js')]).toEqual(['part', 'part'])
    expect(fetched).toHaveBeenCalledOnce()
    for (const path of ['/api/me', '/f/1', '/widget/panel.html', 'https://elsewhere.example/assets/desk/a-1.js']) expect(await asks(path)).toBeNull()
    expect(await asks('/assets/desk/a-1.js', { method: 'POST' })).toBeNull()
  })

  it('keeps no answer that is a refusal', async () => {
    fetched.mockImplementation(async () => new Response('gone', { status: 404 }))
    await asks('/assets/desk/b-1.js')
    await asks('/assets/desk/b-1.js')
    expect(fetched).toHaveBeenCalledTimes(2)
  })

  it('says of the desk’s own pages that there is no network, and leaves the others alone', async () => {
    await happens('install')
    fetched.mockRejectedValue(new TypeError('offline'))
    expect(await asks('/conversations/mine', { mode: 'navigate' })).toBe('offline')
    for (const path of ['/widget/panel.html', '/chat/kzp', '/demo', '/s/token']) expect(await asks(path, { mode: 'navigate' })).toBeNull()
  })

  it('lets go of builds before the last', async () => {
    for (const name of ['kz-a', 'kz-b1', 'others']) cacheOf(name)
    await happens('install')
    await happens('activate')
    expect([...caches_.keys()].sort()).toEqual(['kz-b1', 'kz-b2', 'others'])
  })

  it('takes over when it is told to, and not before', async () => {
    const { skipWaiting } = self as unknown as { skipWaiting: () => void }
    await happens('install')
    expect(skipWaiting).not.toHaveBeenCalled()
    heard.get('message')!({ data: { take: true } })
    expect(skipWaiting).toHaveBeenCalledOnce()
  })

  it.each([
    ['no page', [], 1],
    ['a page out of sight', ['hidden'], 1],
    ['a page in sight', ['hidden', 'visible'], 0],
  ])('shows a push with %s', async (_, states, times) => {
    pages = states.map((state) => page(state))
    await happens('push', { data: { json: () => push } })
    expect(shown).toHaveLength(times)
    if (times) expect(shown[0]).toMatchObject(['张三', { body: '在吗', tag: 'c:1', data: { path: push.path } }])
  })

  it('shows nothing of what a newer server may push', async () => {
    await happens('push', { data: { json: () => ({ ...push, v: 2 }) } })
    expect(shown).toEqual([])
  })

  it('leads from a notification to its conversation: in a page of the desk, or in a new one', async () => {
    const click = { notification: { close: vi.fn(), data: { path: push.path } } }
    pages = [page('hidden', '/demo')]
    await happens('notificationclick', click)
    expect(opened).toEqual([push.path])
    pages = [page('hidden', '/demo'), page('hidden')]
    await happens('notificationclick', click)
    expect([opened.length, pages[1]!.focus, pages[1]!.postMessage]).toMatchObject([1, {}, {}])
    expect(pages[1]!.postMessage).toHaveBeenCalledWith({ go: push.path })
    expect(click.notification.close).toHaveBeenCalledTimes(2)
  })
})
