import { client } from '@kezhan/api'
import { i18n } from './i18n'

/** A request that was not carried out. `title` is fit for the reader; `code` is stable; `field` names the input at
 *  fault; `status` is 0 where the server could not be reached. */
export class Fault extends Error {
  constructor(
    readonly code: string,
    readonly title: string,
    readonly status: number,
    readonly field: string | null = null,
    readonly trace: string | null = null,
  ) {
    super(title)
  }
}

interface Answered<T> {
  data?: T | undefined
  error?: unknown
  response?: Response | undefined
}

const credentials = { csrf: '' }
let onSignedOut: () => void = () => {}

/** What every request carries from now on; empty after signing out. */
export function carry(csrf: string): void {
  credentials.csrf = csrf
}

/** The header that proves a request comes from our own page, for requests made without the client. */
export function ownHeaders(): Record<string, string> {
  return credentials.csrf ? { 'X-Kezhan-CSRF': credentials.csrf } : {}
}

/** `leave` is called when the server says that nobody is signed in any more. */
export function startCalls(leave: () => void): void {
  onSignedOut = leave
  client.setConfig({ baseUrl: location.origin, credentials: 'same-origin' })
  client.interceptors.request.use((request) => {
    request.headers.set('Accept-Language', i18n.global.locale.value)
    for (const [name, value] of Object.entries(ownHeaders())) request.headers.set(name, value)
    return request
  })
}

/** The body of a refusal as a Fault. */
export function faultOf(error: unknown, status: number): Fault {
  const problem = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>
  const text = (name: string): string | null => (typeof problem[name] === 'string' ? (problem[name] as string) : null)
  const code = text('code')
  if (code) return new Fault(code, text('title') ?? code, status, text('field'), text('trace'))
  const { t } = i18n.global
  return status === 0
    ? new Fault('desk.unreachable', t('desk.fault.unreachable'), 0)
    : new Fault('desk.unreadable', t('desk.fault.unreadable', { status }), status)
}

/** The answer of a generated call; throws Fault. */
export async function take<T>(answer: Promise<Answered<T>>): Promise<T> {
  const { data, error, response } = await answer
  if (response?.ok) return data as T
  const fault = faultOf(error, response?.status ?? 0)
  if (fault.status === 401 && credentials.csrf) onSignedOut()
  throw fault
}

/** What to tell the reader of anything thrown. */
export function said(thrown: unknown): string {
  if (thrown instanceof Fault) {
    return thrown.trace ? `${thrown.title} (${thrown.trace})` : thrown.title
  }
  return i18n.global.t('desk.fault.own')
}
