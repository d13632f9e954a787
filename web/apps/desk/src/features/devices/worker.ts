import { ref } from 'vue'

/** A new version is here and waits for the page to be read anew. */
export const renewed = ref(false)
const LOOK_MS = 30 * 60_000
let taken = false
let waiting: ServiceWorker | null = null

/** Service workers need https, or this very machine. */
export const works = (): boolean => 'serviceWorker' in navigator && window.isSecureContext

export const registered = async (): Promise<ServiceWorkerRegistration | undefined> =>
  works() ? navigator.serviceWorker.getRegistration('/') : undefined

/** Whether this browser is pushed to: then the worker tells, and the page need not. */
export const hasPush = async (): Promise<boolean> => Boolean(await (await registered())?.pushManager?.getSubscription())

function watchFor(registration: ServiceWorkerRegistration): void {
  const tellOf = (worker: ServiceWorker | null): void => {
    // The first worker of this browser renews nothing.
    if (!worker || worker.state !== 'installed' || !navigator.serviceWorker.controller) return
    waiting = worker
    renewed.value = true
  }
  tellOf(registration.waiting)
  registration.addEventListener('updatefound', () => {
    const found = registration.installing
    found?.addEventListener('statechange', () => tellOf(found))
  })
}

/** Keeps the worker of this origin up to date; `go` is called with the path a notification leads to. */
export async function keepWorker(go: (path: string) => void): Promise<void> {
  if (!works()) return
  const { serviceWorker } = navigator
  serviceWorker.addEventListener('message', ({ data }: MessageEvent<{ go?: string }>) => data.go && go(data.go))
  serviceWorker.addEventListener('controllerchange', () => {
    if (taken) location.reload()
  })
  const registration = await serviceWorker.register('/sw.js', { scope: '/', updateViaCache: 'none' }).catch(() => null)
  if (!registration) return
  watchFor(registration)
  const look = (): void => void registration.update().catch(() => undefined)
  setInterval(look, LOOK_MS)
}

/** The page is read anew, with the version that waits. */
export function renew(): void {
  taken = true
  if (waiting) waiting.postMessage({ take: true })
  else location.reload()
}
