import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { me, net, place } from '../../../tests/stage'
import { useSession } from '../../workspaces'
import { hindrance, renewSubscription, subscribe, unsubscribe } from '../subscribe'

const KEY = 'BAEC'
let permission: NotificationPermission
let known: ReturnType<typeof made> | null

const made = (key = KEY) => ({
  options: { applicationServerKey: Uint8Array.from(atob(key), (sign) => sign.charCodeAt(0)).buffer },
  toJSON: () => ({ endpoint: 'https://push.example/1', keys: { p256dh: 'point', auth: 'secret' } }),
  unsubscribe: vi.fn(async () => ((known = null), true)),
})
const pushManager = {
  getSubscription: async () => known,
  subscribe: vi.fn(async () => (known = made())),
}
const handed = (): unknown[] => net.asked('devicesAdd').map(({ body }) => body)

beforeEach(async () => {
  permission = 'granted'
  known = null
  localStorage.clear()
  pushManager.subscribe.mockClear()
  vi.stubGlobal('isSecureContext', true)
  vi.stubGlobal('PushManager', class {})
  vi.stubGlobal('Notification', { requestPermission: async () => permission, get permission() { return permission } })
  Object.defineProperty(navigator, 'serviceWorker', { configurable: true, value: { getRegistration: async () => ({ pushManager }) } })
  net.answers('devicesList', { key: KEY, items: [] })
  net.answers('devicesAdd', { id: 'd1', name: '', host: '', here: true, created_at: '', used_at: null })
  await place({ template: '<div/>' }, {}, { lineOpen: false })
})
afterEach(() => {
  Reflect.deleteProperty(navigator, 'serviceWorker')
  vi.unstubAllGlobals()
})

it('hands the browser’s keys over once the reader has agreed, and not otherwise', async () => {
  permission = 'denied'
  expect([await subscribe(), hindrance()]).toEqual([false, 'denied'])
  expect(pushManager.subscribe).not.toHaveBeenCalled()
  permission = 'granted'
  expect([await subscribe(), hindrance()]).toEqual([true, ''])
  expect(pushManager.subscribe).toHaveBeenCalledWith({ userVisibleOnly: true, applicationServerKey: new Uint8Array([4, 1, 2]) })
  expect(handed()).toMatchObject([{ endpoint: 'https://push.example/1', p256dh: 'point', auth: 'secret', language: 'zh-CN' }])
})

it('lets go of a subscription that was made with another installation’s key', async () => {
  const old = (known = made('AAAA'))
  await subscribe()
  expect(old.unsubscribe).toHaveBeenCalledOnce()
})

it('goes on with the session of who asked for it, and with nobody else’s', async () => {
  await subscribe()
  await renewSubscription()
  expect(handed()).toHaveLength(2)
  useSession().me = me({ user_id: 'somebody else' })
  await renewSubscription()
  expect(handed()).toHaveLength(2)
})

it('is over in the browser too', async () => {
  await subscribe()
  await unsubscribe()
  expect(known).toBeNull()
  await renewSubscription()
  expect(handed()).toHaveLength(1)
})

it('says why a browser cannot', () => {
  vi.stubGlobal('isSecureContext', false)
  expect(hindrance()).toBe('insecure')
  vi.stubGlobal('isSecureContext', true)
  Reflect.deleteProperty(globalThis, 'PushManager')
  expect(hindrance()).toBe('unable')
})
