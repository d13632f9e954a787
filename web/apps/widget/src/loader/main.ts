import type { FromHost, Look, ToHost } from '../panel/bridge'

type Command = [name: string, value?: unknown, hearer?: (detail: unknown) => void]
type Door = ((...command: Command) => void) & { q?: Command[]; on?: boolean }

const host = window as unknown as { kezhan?: Door }
const script = document.currentScript as HTMLScriptElement
const { site, lang, mode, target } = script.dataset
const home = new URL(script.src).origin
const prefix = `kezhan.${site}.`
const embedded = mode === 'embed'
const phone = matchMedia('(max-width:640px)')
const root = document.documentElement
const seen = window.visualViewport
const LAYER = 'position:fixed;border:0;z-index:2147483'

const frame = document.createElement('iframe')
const bubble = document.createElement('button')
const badge = document.createElement('b')
const teaser = document.createElement('button')
const waiting: Command[] = []
const hearers: Record<string, ((detail: unknown) => void)[]> = {}

let look: Look | undefined
let open = embedded
let ready = false
let label = ''
let address = location.href
let covered = false
/** How the closed panel lies over the page while it shows a card; nothing: not at all. */
let card: string | undefined
/** What the page's overflow becomes when the panel next covers or uncovers it. */
let other = 'hidden'

/** A page may keep its storage from everybody; then the visitor is new on every page. */
function keep(key: string, value?: string | null, where: 'localStorage' | 'sessionStorage' = 'localStorage'): string | null {
  try {
    const store = window[where]
    if (value === undefined) return store.getItem(prefix + key)
    if (value) store.setItem(prefix + key, value)
    else store.removeItem(prefix + key)
  } catch {
    // Nothing is kept.
  }
  return null
}

function kept(): Record<string, string> {
  const found: Record<string, string> = {}
  try {
    for (const key in localStorage) if (key.startsWith(prefix)) found[key.slice(prefix.length)] = localStorage[key]
  } catch {
    // Nothing was kept.
  }
  return found
}

function say(message: FromHost): void {
  frame.contentWindow?.postMessage(message, home)
}

function tell(name: string, detail?: unknown): void {
  hearers[name]?.forEach((hear) => hear(detail))
}

const page = () => ({ url: location.href, title: document.title, referrer: document.referrer })

function draw(): void {
  if (embedded || !look) return
  bubble.setAttribute('aria-label', open ? look.close : label || look.open)
  bubble.setAttribute('aria-expanded', open as unknown as string)
  const side = look.left ? 'left' : 'right'
  const low = `calc(env(safe-area-inset-bottom,0px) + ${TOKEN.bubble_offset}`
  const floats = `box-shadow:${TOKEN.shadow};${side}:${TOKEN.bubble_offset};bottom:${low}`
  const full = phone.matches
  // The page behind a panel that covers it stays where it is, and then has its own way again.
  if (covered !== (full && open)) {
    covered = !covered
    ;[other, root.style.overflow] = [root.style.overflow, other]
  }
  // A phone's keyboard makes the part of the page that is seen smaller, and nothing else.
  frame.style.cssText = (!open && card) || `${LAYER}647;display:${open ? 'block' : 'none'};` + (full
    ? `left:0;top:${seen ? seen.offsetTop : 0}px;width:100%;height:${seen ? seen.height + 'px' : '100%'}`
    : `${floats} + ${TOKEN.bubble} + ${TOKEN.grid_3});width:${TOKEN.panel_width};height:${TOKEN.panel_height};max-height:calc(100% - 2*${TOKEN.bubble});border-radius:${TOKEN.radius_card}`)
  const round = `;cursor:pointer;font:${TOKEN.medium} ${TOKEN.meta}/${TOKEN.grid_5} system-ui,sans-serif`
  bubble.style.cssText = `${LAYER}646;${floats});width:${TOKEN.bubble};height:${TOKEN.bubble};padding:0;border-radius:${TOKEN.radius_pill};background:${look.accent};color:${look.ink}${round}` + (look.launcher ? '' : ';display:none')
  badge.style.cssText = `position:absolute;top:0;right:0;min-width:${TOKEN.grid_5};border-radius:${TOKEN.radius_pill};background:${TOKEN.red};color:${TOKEN.paper}`
  teaser.style.cssText = `${LAYER}645;${floats} + ${TOKEN.grid_2});margin-${side}:calc(${TOKEN.bubble} + ${TOKEN.grid_3});max-width:240px;overflow:hidden;padding:${TOKEN.grid_2} ${TOKEN.grid_3};white-space:nowrap;text-overflow:ellipsis;border-radius:${TOKEN.radius_card};background:${TOKEN.paper};color:${TOKEN.ink}${round}` + (!open && look.launcher && teaser.textContent ? '' : ';display:none')
}

function show(wanted: boolean): void {
  if (embedded || !look || wanted === open) return
  open = wanted
  bubble.onpointerenter = bubble.onfocus = null
  keep('open', open ? '1' : null, 'sessionStorage')
  draw()
  say({ kezhan: 'open', open, full: phone.matches })
  ;(open ? frame : bubble).focus()
  tell(open ? 'open' : 'close')
}

function run(...command: Command): void {
  const [name, value, hearer] = command
  if (!ready) waiting.push(command)
  else if (name === 'on') (hearers[value as string] ??= []).push(hearer!)
  else if (name === 'open' || name === 'close') show(name === 'open')
  else say({ kezhan: 'do', name, value })
}

function hear(data: ToHost): void {
  switch (data.kezhan) {
    case 'ready':
      say({ kezhan: 'hello', kept: kept(), page: page(), open, full: phone.matches })
      break
    case 'keep':
      keep(data.key, data.value)
      break
    case 'look':
      look = data.look
      keep('look', JSON.stringify(look))
      frame.title = look.title
      draw()
      ready = true
      waiting.splice(0).forEach((command) => run(...command))
      break
    case 'unread':
      badge.textContent = (data.count || '') as string
      teaser.textContent = data.text
      label = data.label
      draw()
      tell('unread', data)
      break
    case 'close':
      card = data.card
      draw()
      show(!!data.open)
  }
}

/** A page that changes its address without loading tells so a little later, when it has its title. */
function moved(): void {
  setTimeout(() => {
    if (address !== (address = location.href) && ready) say({ kezhan: 'page', page: page() })
  }, 200)
}

function watchMoves(): void {
  for (const name of ['pushState', 'replaceState'] as const) {
    const own = history[name]
    history[name] = function (...to) {
      own.apply(this, to)
      moved()
    }
  }
  addEventListener('popstate', moved)
}

function dress(): void {
  // Round on all corners but the one towards the speaker.
  const sign = document.createElement('i')
  sign.style.cssText = `display:inline-block;vertical-align:middle;width:${TOKEN.grid_6};height:${TOKEN.grid_5};border-radius:8px 8px 8px 2px;background:currentColor`
  bubble.append(sign, badge)
  teaser.tabIndex = -1
  // What the first opening needs is on its way before the click.
  bubble.onpointerenter = bubble.onfocus = () => ready && say({ kezhan: 'near' })
  bubble.onclick = () => show(!open)
  teaser.onclick = () => show(true)
  document.body.append(teaser, bubble, frame)
}

function start(): void {
  const query = new URLSearchParams({ site: site!, host: location.origin, lang: lang || root.lang || navigator.language })
  frame.id = 'kezhan'
  frame.allow = 'clipboard-write'
  frame.src = `${home}/widget/panel.html?${query}${embedded ? '&embed' : ''}`
  addEventListener('message', ({ source, origin, data }) => {
    if (source === frame.contentWindow && origin === home) hear(data)
  })
  watchMoves()
  try {
    if (embedded) {
      frame.style.cssText = 'border:0;width:100%;height:100%'
      document.querySelector(target!)!.append(frame)
    } else look = JSON.parse(keep('look')!)
  } catch {
    // There is no such place in the page, or something else was kept under our name.
  }
  if (embedded) return
  open = !phone.matches && !!keep('open', undefined, 'sessionStorage')
  frame.style.display = bubble.style.display = teaser.style.display = 'none'
  dress()
  draw()
  phone.addListener(draw)
  seen?.addEventListener('resize', draw)
}

// A page may have the snippet twice.
if (!host.kezhan?.on) {
  host.kezhan?.q?.forEach((command) => run(...command))
  host.kezhan = run
  run.on = true
  if (document.readyState === 'complete') start()
  else addEventListener('load', start)
}
