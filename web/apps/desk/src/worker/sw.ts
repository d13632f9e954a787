// The desk's service worker: keeps the app's own parts, says when there is no network, shows pushes. What the
// server answers is never kept. One file without imports, so that every browser runs it.
export {}
declare const self: ServiceWorkerGlobalScope
/** Named by what was built with it: another build is another worker. */
declare const __BUILD__: string

const ASSETS = '/assets/desk/'
const OFFLINE = `${ASSETS}offline.html`
const CACHE = `kz-${__BUILD__}`
/** Pages of the version before may still be open. */
const KEPT = 2

interface Push {
  v: number
  kind: string
  tag: string
  title: string
  body: string
  path: string
}

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.add(new Request(OFFLINE, { cache: 'reload' }))))
})

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches.keys().then((names) => {
      const ours = names.filter((name) => name.startsWith('kz-') && name !== CACHE)
      return Promise.all(ours.slice(0, Math.max(0, ours.length - KEPT + 1)).map((name) => caches.delete(name)))
    }),
  )
})

self.addEventListener('message', ({ data }) => {
  if ((data as { take?: boolean }).take) void self.skipWaiting()
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== location.origin) return
  if (request.mode === 'navigate') {
    // The widget's and the demo's pages are not the desk's.
    if (!/^\/(widget|chat|demo|s|f|api)(\/|$)/.test(pathname)) event.respondWith(fetch(request).catch(() => offline()))
  } else if (pathname.startsWith(ASSETS)) event.respondWith(kept(request))
})

const offline = async (): Promise<Response> => (await caches.match(OFFLINE)) ?? Response.error()

/** Names carry the digest of what is in them: what is here is right. */
async function kept(request: Request): Promise<Response> {
  const known = await caches.match(request)
  if (known) return known
  const answer = await fetch(request)
  if (answer.ok) await caches.open(CACHE).then((cache) => cache.put(request, answer.clone()))
  return answer
}

self.addEventListener('push', (event) => {
  event.waitUntil(shown(event.data))
})

async function shown(data: PushMessageData | null): Promise<void> {
  const push = data?.json() as Push | undefined
  if (!push || push.v !== 1) return
  const pages = await self.clients.matchAll({ type: 'window' })
  // A page in sight tells by itself.
  if (pages.some(({ visibilityState }) => visibilityState === 'visible')) return
  const { title, body, tag, path } = push
  await self.registration.showNotification(title, { body, tag, data: { path }, icon: `${ASSETS}icons/192.png`, badge: `${ASSETS}icons/badge.png` })
}

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const { path = '/' } = (event.notification.data ?? {}) as { path?: string }
  event.waitUntil(opened(path))
})

async function opened(path: string): Promise<void> {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const page = pages.find(({ url }) => !/^\/(widget|chat|demo|s|f)(\/|$)/.test(new URL(url).pathname))
  if (!page) return void (await self.clients.openWindow(path))
  await page.focus()
  page.postMessage({ go: path })
}
