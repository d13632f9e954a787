// The panel and the loader on a stage of their own: the real entry modules, loaded afresh for each test, between a host page
// and a server that are played here. Time stands still unless a test moves it.
import { configure, fireEvent, within } from '@testing-library/preact'
import { render } from 'preact'
import { afterEach, beforeEach, vi } from 'vitest'
import { Far, Room } from '../../../../packages/client/src/tests/far'
import type { FromHost, Look, ToHost } from '../panel/bridge'

export { fireEvent, Far, Room }

export const SHOP = 'https://shop.example'
export const CHAT = 'https://chat.example'
/** Noon of the person's own day: no test depends on the zone of the machine. */
export const NOON = new Date(2026, 10, 22, 12, 0)

// The whole document in every failed query costs more than the query; so does asking for each element whether it is seen.
configure({ getElementError: (message) => new Error(message?.split('\n')[0]), defaultHidden: true })

// No frame loads its page here, what is inside is played by the test; the DOM would print an error about each.
for (let kind = HTMLIFrameElement.prototype; kind !== HTMLElement.prototype; kind = Object.getPrototypeOf(kind)) {
  const loads = Object.getOwnPropertySymbols(kind).find(({ description }) => description === 'connectedToDocument')
  if (loads) Object.defineProperty(kind, loads, { value: () => undefined })
}

type Target = Pick<EventTarget, 'addEventListener' | 'removeEventListener'>
const listening: [Target, string, EventListener][] = []

/** What a test has loaded goes with it. */
function remember(target: Target): void {
  const own = target.addEventListener.bind(target)
  vi.spyOn(target as Window, 'addEventListener').mockImplementation((name: string, hear: unknown, options?: unknown) => {
    listening.push([target, name, hear as EventListener])
    own(name, hear as EventListener, options as AddEventListenerOptions)
  })
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'], now: NOON })
  vi.resetModules()
  remember(window)
  remember(document)
})

/** The page and every script on it are gone; what it keeps stays. */
export function leavePage(): void {
  vi.clearAllTimers()
  render(null, document.body)
  document.body.replaceChildren()
  document.querySelector('html > aside')?.remove()
  for (const [target, name, hear] of listening.splice(0)) target.removeEventListener(name, hear)
  // The loader wraps what a page moves by.
  for (const name of ['pushState', 'replaceState']) Reflect.deleteProperty(history, name)
  Reflect.deleteProperty(window, 'kezhan')
}

afterEach(async () => {
  // A part that is still being loaded would go on in the next test.
  await vi.dynamicImportSettled()
  leavePage()
  document.documentElement.removeAttribute('style')
  document.documentElement.lang = ''
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  vi.useRealTimers()
  localStorage.clear()
  sessionStorage.clear()
  history.replaceState(null, '', '/')
})

/** Waits for a condition, for as long as a busy machine may need. */
export function until<T>(look: () => T): Promise<T> {
  return vi.waitFor(look, { timeout: 30_000, interval: 1 })
}

/** Lets everything happen that is due within `ms`. */
export async function pass(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms)
  // Parts of the panel come when they are first needed, over a network that is quick here.
  await vi.dynamicImportSettled()
  await vi.advanceTimersByTimeAsync(0)
}

export const ui = within(document.body)

export interface Opening {
  far?: Far
  room?: Room
  language?: string
  kept?: Record<string, string>
  open?: boolean
  full?: boolean
  embed?: boolean
  /** On a page of its own instead of in a frame. */
  alone?: boolean
}

export interface Panel {
  far: Far
  room: Room
  /** Everything the panel has said to the page around it. */
  told: ToHost[]
  /** The page around the panel says something. */
  say(message: FromHost | object, origin?: string, source?: object): void
  /** What was last told of one kind. */
  last<K extends ToHost['kezhan']>(kind: K): Extract<ToHost, { kezhan: K }> | undefined
}

function field(): HTMLTextAreaElement {
  return ui.getByRole<HTMLTextAreaElement>('textbox')
}

export const person = {
  field,
  writes(text: string): void {
    fireEvent.input(field(), { target: { value: text } })
  },
  async sends(text: string): Promise<void> {
    person.writes(text)
    fireEvent.keyDown(field(), { key: 'Enter' })
    await pass()
  },
  async presses(name: string | RegExp): Promise<void> {
    fireEvent.click(ui.getByRole('button', { name }))
    await pass()
  },
  async picks(name: string): Promise<void> {
    fireEvent.click(ui.getByRole('menuitem', { name }))
    await pass()
  },
  async keys(key: string, more: object = {}): Promise<boolean> {
    const went = fireEvent.keyDown(document.activeElement ?? document.body, { key, ...more })
    await pass()
    return went
  },
  /** The other side does something and it arrives. */
  async hears(panel: Panel, ...events: Parameters<Far['line']['say']>): Promise<void> {
    panel.far.line.say(...events)
    await pass()
  },
}

/** Opens the panel as the loader, an embedding page or its own address would, and waits until it is on the line. */
export async function openPanel(opening: Opening = {}): Promise<Panel> {
  const { far = new Far(), language = 'zh-CN', kept = {}, open = true, full = false, embed = false, alone = false } = opening
  const room = (opening.room ?? new Room()).on(far)
  far.install()
  const told: ToHost[] = []
  const host = { postMessage: (message: ToHost, origin: string) => void (origin === SHOP && told.push(message)) }
  vi.stubGlobal('parent', alone ? window : host)
  history.replaceState(null, '', alone ? `/chat/kzp_1?lang=${language}` : `/widget/panel.html?site=kzp_1&host=${SHOP}&lang=${language}${embed ? '&embed' : ''}`)
  const say: Panel['say'] = (data, origin = SHOP, source = host) => {
    dispatchEvent(new MessageEvent('message', { data, origin, source: source as Window }))
  }
  await import('../panel/main')
  if (!alone) say({ kezhan: 'hello', kept: { ...kept }, page: { url: `${SHOP}/tea`, title: '茶', referrer: '' }, open, full })
  await until(() => {
    if (far.network === 'up' && !far.line?.of('auth').length) throw new Error('not on the line yet')
    if (open && !document.querySelector('[role=log]')) throw new Error('the conversation is not there yet')
  })
  await pass()
  return { far, room, told, say, last: (kind) => [...told].reverse().find((one): one is never => one.kezhan === kind) }
}

export interface HostPage {
  frame: HTMLIFrameElement
  /** What the loader has said to the panel. */
  said: FromHost[]
  bubble(): HTMLElement
  /** The panel (or somebody who says to be it) says something to the page. */
  panel(message: ToHost | object | null, origin?: string, source?: object): void
  kezhan(...command: unknown[]): void
}

export const LOOK: Look = { accent: '#1f5c4a', ink: 'white', left: false, launcher: true, open: '打开在线客服', close: '收起在线客服', title: '山间茶铺' }

/** Puts the snippet into the page and runs it; twice without `leavePage` is a page that has it twice. */
export async function runSnippet(data: Record<string, string> = {}, look: Look | null = LOOK): Promise<HostPage> {
  const script = document.createElement('script')
  Object.defineProperty(script, 'src', { value: `${CHAT}/widget.js` })
  Object.assign(script.dataset, { site: 'kzp_1', ...data })
  vi.spyOn(document, 'currentScript', 'get').mockReturnValue(script)
  vi.stubGlobal('TOKEN', new Proxy({}, { get: (_, name) => `var(${String(name)})` }))
  const said: FromHost[] = []
  const inside = { postMessage: (message: FromHost, origin: string) => void (origin === CHAT && said.push(structuredClone(message))) }
  vi.spyOn(HTMLIFrameElement.prototype, 'contentWindow', 'get').mockReturnValue(inside as unknown as Window)
  vi.resetModules()
  await import('../loader/main')
  const frame = document.querySelector<HTMLIFrameElement>('iframe#kezhan')!
  const page: HostPage = {
    frame,
    said,
    bubble: () => ui.getByRole('button', { name: /在线客服|chat/i, hidden: false }),
    panel: (data, origin = CHAT, source = inside) => {
      dispatchEvent(new MessageEvent('message', { data, origin, source: source as Window }))
    },
    kezhan: (...command) => (window as unknown as { kezhan: (...command: unknown[]) => void }).kezhan(...command),
  }
  page.panel({ kezhan: 'ready' })
  if (look) page.panel({ kezhan: 'look', look })
  return page
}

/** A page with the snippet and, in its frame, the real panel; what either says reaches the other as a browser would carry it. */
export async function visit({ room = new Room(), far = new Far() }: { room?: Room; far?: Far } = {}): Promise<{ room: Room; far: Far }> {
  room.on(far)
  far.install()
  const post = (data: object, origin: string, source: object): void => {
    const told = structuredClone(data)
    setTimeout(() => dispatchEvent(new MessageEvent('message', { data: told, origin, source: source as Window })))
  }
  const site = location.origin
  const inside = {
    postMessage: (message: FromHost, origin: string) => {
      if (origin === CHAT) post(message, site, host)
    },
  }
  const host = {
    postMessage: (message: ToHost, origin: string) => {
      if (origin === site) post(message, CHAT, inside)
    },
  }
  // The panel takes the whole body of its document; in this one document the page’s own things stand beside it.
  const outside = document.createElement('aside')
  document.documentElement.append(outside)
  const body = vi.spyOn(document, 'body', 'get').mockReturnValue(outside)
  await runSnippet({ lang: 'zh-CN' }, null)
  body.mockRestore()
  vi.spyOn(HTMLIFrameElement.prototype, 'contentWindow', 'get').mockReturnValue(inside as unknown as Window)
  const page = location.pathname
  vi.stubGlobal('parent', host)
  const { search } = new URL(document.querySelector<HTMLIFrameElement>('iframe#kezhan')!.src)
  // One document plays both here: the panel reads its address once, while it is loaded.
  History.prototype.replaceState.call(history, null, '', `/widget/panel.html${search}`)
  await import('../panel/main')
  History.prototype.replaceState.call(history, null, '', page)
  await until(() => {
    within(outside).getByRole('button', { hidden: false })
    if (!far.line?.of('auth').length) throw new Error('not on the line yet')
  })
  await pass()
  return { room, far }
}
