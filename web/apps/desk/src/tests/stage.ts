import { addAPIProvider } from '@iconify/vue'
import type { Me, Permission, RoleList, RoleView } from '@kezhan/api'
import UApp from '@nuxt/ui/components/App.vue'
import { useToast } from '@nuxt/ui/composables'
import { zh_cn } from '@nuxt/ui/locale'
import uiPlugin from '@nuxt/ui/vue-plugin'
import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { userEvent, type UserEvent } from '@testing-library/user-event'
import { cleanup, configure, render } from '@testing-library/vue'
import { createPinia, setActivePinia, type Pinia } from 'pinia'
import { afterEach, beforeEach, expect, vi } from 'vitest'
import { createApp, h, type Component, type Plugin } from 'vue'
import App from '../App.vue'
import { startCalls } from '../call'
import { line } from '../features/realtime'
import { useSession } from '../features/workspaces'
import { i18n, lateRooms, show, withWords, type Language } from '../i18n'
import { router } from '../router'
import { enterDesk, leaveDesk } from '../shell/connect'
import { keepQueries } from '../shell/queries'
import { freshNet, net, PlayedSocket, PlayedUpload, type Net } from './network'

export { net, Upload, type Answer, type Asked, type Call, type Problem } from './network'

// The stage of this app's tests: a component or a page stands on it as in the browser, and the network is played.

// A busy machine is slow, not wrong; a whole page in an error says less than its sentence; and whether an element is
// hidden takes most of a query's time where there is no layout.
const PATIENCE_MS = 30_000
vi.setConfig({ testTimeout: 3 * PATIENCE_MS })
configure({ defaultHidden: true, asyncUtilTimeout: PATIENCE_MS, getElementError: (message) => new Error(message ?? 'not found') })

export const ME = 'member-1'

/** What an agent may. */
export const agentMay: Permission[] = [
  'member.read', 'channel.read', 'contact.read', 'contact.write', 'conversation.read', 'conversation.reply', 'conversation.assign',
  'conversation.close', 'file.upload',
]

/** Who is signed in: an agent, with the fields a test is about on top. */
export function me(more: Partial<Me> = {}): Me {
  return {
    id: ME, user_id: 'user-1', session_id: 'session-1', name: '小林', email: 'lin@tea.example', role: 'agent', language: 'zh-CN',
    permissions: agentMay, team_ids: [], workspaces: [], method: 'password', factor_due: null, factor_needed: false, idle_minutes: null, csrf: 'csrf-1',
    workspace: { id: 'w1', name: '茶铺', language: 'zh-CN', time_zone: 'Asia/Shanghai', demo: false, show_supervisors: true, watermark: [], accent: null, tints: null, logo: null },
    ...more,
  }
}

/** The ready-made roles as somebody sees them who may give these; `serves` may reply. */
export function roles(yours: readonly string[] = [], more: readonly Partial<RoleView>[] = []): RoleList {
  const serves = ['conversation.reply', 'contact.read']
  const role = (key: string, permissions: string[]): RoleView => ({ key, ready: true, name: '', note: '', permissions, version: 0, held: 0, holders: [], yours: yours.includes(key) })
  const own = more.map((one) => ({ ...role('own-1', ['contact.read']), ready: false, yours: true, ...one }))
  return {
    items: [role('owner', [...serves, 'workspace.own']), role('admin', serves), role('supervisor', serves), role('agent', serves), role('inspector', ['contact.read']), role('auditor', ['audit.read']), ...own],
    areas: [{ name: 'conversations', permissions: ['conversation.reply'] }, { name: 'customers', permissions: ['contact.read'] }, { name: 'results', permissions: ['audit.read'] }, { name: 'owner', permissions: ['workspace.own'] }],
    limit: 50,
  }
}

/** A size for everything, because Happy DOM lays nothing out: what scrolls is a screen high, all else a row. */
class SizedObserver {
  private readonly seen = new Set<Element>()
  constructor(private readonly told: ResizeObserverCallback) {}
  observe(target: Element): void {
    this.seen.add(target)
    const height = (target as HTMLElement).style.overflowY ? 800 : 64
    const contentRect = { width: 400, height, top: 0, left: 0, right: 400, bottom: height, x: 0, y: 0 } as DOMRectReadOnly
    const size = [{ inlineSize: 400, blockSize: height }]
    const entry = { target, contentRect, contentBoxSize: size, borderBoxSize: size, devicePixelContentBoxSize: size }
    queueMicrotask(() => this.seen.has(target) && this.told([entry], this as unknown as ResizeObserver))
  }
  unobserve(target: Element): void {
    this.seen.delete(target)
  }
  disconnect(): void {
    this.seen.clear()
  }
}

/** Everything observed is in view. */
class SeeingObserver {
  constructor(private readonly told: (entries: { isIntersecting: boolean; target: Element }[]) => void) {}
  observe(target: Element): void {
    queueMicrotask(() => this.told([{ isIntersecting: true, target }]))
  }
  unobserve(): void {}
  disconnect(): void {}
}

// Happy DOM lays nothing out; a list draws only what has a place on the page.
Object.defineProperty(HTMLElement.prototype, 'offsetParent', { configurable: true, get: () => document.body })

// Asking how something would look costs more than all else that a test does.
const plain = document.createElement('div').style

let pinia: Pinia
let queries: QueryClient
let started = false

beforeEach(async () => {
  freshNet()
  net.answers('workspacesListRoles', roles())
  // Asked beside every thread; few tests are about it.
  net.answersIfSilent('segmentsList', { items: [], manages: false, limit: 100 })
  net.answersIfSilent('conversationsLinks', { previous: null, next: null })
  net.answersIfSilent('scheduledList', { items: [] })
  net.answersIfSilent('translationStanding', { available: false, on: false, language: 'zh-CN', customer_language: 'en' })
  net.answersIfSilent('linksList', { enabled: false, pending: false, items: [] })
  net.answersIfSilent('conversationsHistory', { items: [], more: false })
  net.answersIfSilent('conversationsOfContact', [])
  // Asked whenever the line is back.
  net.answersIfSilent('workspacesGetWorkspace', me().workspace)
  net.answersIfSilent('conversationsWrapUp', { form: null, values: {}, state: 'none', at: null })
  localStorage.clear()
  sessionStorage.clear()
  vi.stubGlobal('fetch', (...given: Parameters<Net['fetch']>) => net.fetch(...given))
  vi.stubGlobal('WebSocket', PlayedSocket)
  vi.stubGlobal('XMLHttpRequest', PlayedUpload)
  vi.stubGlobal('ResizeObserver', SizedObserver)
  vi.stubGlobal('IntersectionObserver', SeeingObserver)
  vi.stubGlobal('getComputedStyle', () => plain)
  screenIs(1440)
  pinia = createPinia()
  setActivePinia(pinia)
  queries = keepQueries(new QueryClient({ defaultOptions: { queries: { retry: false, refetchOnWindowFocus: false } } }))
  await show('zh-CN')
  if (!started) {
    addAPIProvider('', { resources: [] })
    // A part that stands here alone has come past no route.
    await withWords(async () => undefined, ...lateRooms)()
    startCalls(() => leaveDesk(true))
    started = true
  }
})

afterEach(() => {
  cleanup()
  createApp({}).runWithContext(() => useToast().clear())
  line.stop()
  useSession().forget()
  // What a store would ask for by and by is of this test alone; what is under way may still look at it.
  pinia._s.forEach((store) => store.$dispose())
  queries.clear()
  document.body.innerHTML = ''
  const { unknown } = net
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  expect(unknown, 'requests nobody has an answer for').toEqual([])
})

/** The window is `width` pixels wide from now on. */
export function screenIs(width: number): void {
  ;(window as unknown as { happyDOM: { setViewport: (size: { width: number; height: number }) => void } }).happyDOM.setViewport({ width, height: 900 })
}

export interface Scene {
  /** A person's hands; no time passes between her keys. */
  user: UserEvent
  container: Element
  unmount: () => void
}

const plugins = (): Plugin[] => [pinia, router, [VueQueryPlugin, { queryClient: queries }], i18n, uiPlugin] as unknown as Plugin[]

function stand(what: Component, props: Record<string, unknown> = {}): Scene {
  const { container, unmount } = render(what, { props, global: { plugins: plugins() } })
  return { user: userEvent.setup({ delay: null, pointerEventsCheck: 0 }), container, unmount }
}

/** The signed-in desk at `path`: the app itself, with its shell, its line and empty lists where nothing else is played. */
export async function visit(path: string, language: Language = 'zh-CN'): Promise<Scene> {
  await show(language)
  quietDesk()
  await router.push(path)
  const scene = stand(App)
  await settled()
  return scene
}

/** Waits until `check` holds; fails where it never does. */
export const soon = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, PATIENCE_MS)

/** One component of a signed-in desk, with `props` (`onX` hears its event `x`), at `path`; `line`: with an open line. */
export async function place(
  what: Component,
  props: Record<string, unknown> = {},
  { path = '/conversations/mine', lineOpen = true, language = 'zh-CN' as Language } = {},
): Promise<Scene> {
  await show(language)
  quietDesk()
  await useSession().load()
  await router.push(path)
  if (lineOpen) {
    enterDesk()
    await settled()
  }
  const scene = stand(wrapped(what, props))
  await settled()
  return scene
}

// Toasts and tooltips live in UApp.
const wrapped = (what: Component, props: Record<string, unknown>): Component => () => h(UApp, { locale: zh_cn }, () => h(what, props))

/** A desk with nothing on it, where the test has not said otherwise. */
function quietDesk(): void {
  net.answersIfSilent('workspacesGetMe', me())
  net.answersIfSilent('conversationsList', { items: [], next: null })
  net.answersIfSilent('conversationsCount', {})
  net.answersIfSilent('viewsList', { items: [], shares: false })
  net.answersIfSilent('conversationsCountMentions', { unread: 0 })
  net.answersIfSilent('conversationsListColleagues', { people: [], teams: [] })
  net.answersIfSilent('workspacesListMembers', { items: [], next: null })
  net.answersIfSilent('workspacesListTeams', { items: [] })
  net.refusesIfSilent('routingGetSeat', { status: 404, code: 'routing.no_seat', title: '没有这个坐席。' })
  net.answersIfSilent('routingListSeats', { items: [] })
  net.answersIfSilent('routingListOffers', { items: [] })
  net.answersIfSilent('routingListLengths', { items: [] })
  net.answersIfSilent('channelsKinds', { items: [] })
  net.answersIfSilent('quickGetSettings', { suggest: true })
  net.answersIfSilent('channelsSuggestQuickReplies', { items: [] })
  net.answersIfSilent('channelsHealth', { items: [] })
  net.answersIfSilent('reportsListAlerts', { items: [], next: null })
}

// Taken before a test replaces the clock.
const later = setTimeout

/** What was answered has reached the screen. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise<void>((resolve) => void later(resolve))
}
