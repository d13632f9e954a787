import type { DeviceView } from '@kezhan/api'
import { i18n, type Language } from '../../i18n'
import { deviceOf, useSession } from '../workspaces'
import { addDevice, readDevices } from './api'
import { registered, works } from './worker'

/** Why this browser cannot be pushed to: `insecure` page, `unable`, or the reader has `denied` it. */
export type Hindrance = 'insecure' | 'unable' | 'denied' | ''

export function hindrance(): Hindrance {
  if (!window.isSecureContext) return 'insecure'
  if (!works() || typeof Notification === 'undefined' || !('PushManager' in window)) return 'unable'
  return Notification.permission === 'denied' ? 'denied' : ''
}

const bytesOf = (key: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(key.replaceAll('-', '+').replaceAll('_', '/')), (sign) => sign.charCodeAt(0))

async function hand(subscription: PushSubscription): Promise<DeviceView | null> {
  const { endpoint, keys } = subscription.toJSON()
  if (!endpoint || !keys?.p256dh || !keys.auth) return null
  return addDevice({ endpoint, p256dh: keys.p256dh, auth: keys.auth, name: deviceOf(navigator.userAgent) || 'Browser', language: i18n.global.locale.value as Language })
}

// Who has asked for it in this browser: somebody else who signs in here has not.
const ASKED = 'kz.push'
const reader = (): string => useSession().me?.user_id ?? ''

/** Asks the reader and the browser; says whether both agreed. Throws Fault where the server does not. */
export async function subscribe(): Promise<boolean> {
  if ((await Notification.requestPermission()) !== 'granted') return false
  const registration = await registered()
  if (!registration) return false
  const { key } = await readDevices()
  const known = await registration.pushManager.getSubscription()
  // One made with another installation's key is of no use to this one.
  if (known && !sameKey(known, key)) await known.unsubscribe()
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) })
  localStorage.setItem(ASKED, reader())
  return (await hand(subscription)) !== null
}

function sameKey({ options }: PushSubscription, key: string): boolean {
  const theirs = options.applicationServerKey
  return theirs !== null && String(new Uint8Array(theirs)) === String(bytesOf(key))
}

/** This browser's subscription, as of the session that is open now, if it is the reader's own. */
export async function renewSubscription(): Promise<void> {
  if (!reader() || localStorage.getItem(ASKED) !== reader()) return
  const known = await (await registered())?.pushManager?.getSubscription()
  if (known && Notification.permission === 'granted') await hand(known)
}

export async function unsubscribe(): Promise<void> {
  localStorage.removeItem(ASKED)
  await (await (await registered())?.pushManager?.getSubscription())?.unsubscribe()
}
