import './viewer.css'
import type { Chat } from '../chat'
import { t } from '../words'
import { addressOf } from './addresses'

function button(path: string, label: string, act: () => void): HTMLButtonElement {
  const made = document.createElement('button')
  made.type = 'button'
  made.className = 'quiet'
  made.setAttribute('aria-label', label)
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('width', '20')
  svg.setAttribute('class', 'icon')
  line.setAttribute('d', path)
  svg.append(line)
  made.append(svg)
  made.addEventListener('click', act)
  return made
}

interface Picture {
  thread: string
  seq: number
  name: string
}

/** All that are held, the oldest first. */
function pictures(chat: Chat): Picture[] {
  return chat.client.history.flatMap(({ id, messages }) =>
    messages.flatMap(({ seq, kind, payload }) => (kind === 'image' && payload?.is === 'file' ? [{ thread: id, seq, name: payload.name }] : [])),
  )
}

const SWIPE = 50

/** A picture over the whole panel: arrows and swipes turn to others, a press or the wheel enlarges, Escape puts it away. */
export function view(chat: Chat, thread: string, seq: number): void {
  const back = document.activeElement as HTMLElement | null
  const all = pictures(chat)
  let at = Math.max(0, all.findIndex((one) => one.thread === thread && one.seq === seq))
  let [scale, angle, x, y] = [1, 0, 0, 0]
  let url = ''
  const fingers = new Map<number, PointerEvent>()
  let begun: PointerEvent | undefined
  const frame = document.createElement('div')
  frame.className = 'viewer'
  frame.setAttribute('role', 'dialog')
  frame.setAttribute('aria-modal', 'true')
  const image = document.createElement('img')
  image.draggable = false
  const stage = document.createElement('div')
  stage.append(image)

  function draw(): void {
    if (scale === 1) x = y = 0
    image.style.transform = `translate(${x}px,${y}px) scale(${scale}) rotate(${angle}deg)`
  }
  function zoom(factor: number): void {
    scale = Math.min(6, Math.max(1, scale * factor))
    draw()
  }
  async function turn(by: number): Promise<void> {
    const one = all[at + by]
    if (!one) return
    at += by
    ;[scale, angle] = [1, 0]
    draw()
    frame.setAttribute('aria-label', one.name)
    image.alt = one.name
    previous.hidden = !at
    next.hidden = at === all.length - 1
    const found = await addressOf(chat, one.thread, one.seq).catch(() => null)
    if (all[at] !== one) return
    if (!found) return chat.say(t('widget_more.unreachable'))
    image.src = url = found.url
  }
  function shut(): void {
    frame.remove()
    back?.focus()
  }

  const previous = button('M15 6l-6 6 6 6', t('widget_more.viewer.previous'), () => void turn(-1))
  const next = button('M9 6l6 6-6 6', t('widget_more.viewer.next'), () => void turn(1))
  const closer = button('M11 5a6 6 0 1 0 .01 0M20 20l-4.5-4.5M11 8v6M8 11h6', t('widget_more.viewer.zoom'), () => zoom(scale > 1 ? 0.1 : 2))
  const round = button('M20 12a8 8 0 1 1-3-6.2M20 3v5h-5', t('widget_more.viewer.rotate'), () => { angle += 90; draw() })
  const original = button('M14 4h6v6M20 4l-9 9M10 4H4v16h16v-6', t('widget_more.original'), () => void window.open(url, '_blank', 'noopener'))
  const close = button('M6 6l12 12M18 6L6 18', t('widget.close'), shut)
  const bar = document.createElement('div')
  bar.append(previous, next, closer, round, original, close)
  frame.append(bar, stage)

  stage.addEventListener('wheel', (event) => { event.preventDefault(); zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2) }, { passive: false })
  stage.addEventListener('pointerdown', (event) => {
    if (!fingers.size) begun = event
    fingers.set(event.pointerId, event)
    stage.setPointerCapture?.(event.pointerId)
  })
  const wide = (): number => {
    const [one, other] = [...fingers.values()]
    return one && other ? Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) : 0
  }
  stage.addEventListener('pointermove', (event) => {
    const before = fingers.get(event.pointerId)
    if (!before) return
    const was = wide()
    fingers.set(event.pointerId, event)
    if (was) return zoom(wide() / was)
    if (scale > 1) {
      x += event.clientX - before.clientX
      y += event.clientY - before.clientY
      draw()
    }
  })
  const up = (event: PointerEvent): void => {
    const alone = fingers.size === 1 && scale === 1 && begun
    fingers.delete(event.pointerId)
    const far = alone ? event.clientX - alone.clientX : 0
    if (Math.abs(far) > SWIPE) void turn(far < 0 ? 1 : -1)
  }
  stage.addEventListener('pointerup', up)
  stage.addEventListener('pointercancel', () => fingers.clear())
  stage.addEventListener('dblclick', () => zoom(scale > 1 ? 0.1 : 2))
  frame.addEventListener('keydown', (event) => {
    event.stopPropagation()
    const acts: Record<string, () => void> = { Escape: shut, ArrowLeft: () => void turn(-1), ArrowRight: () => void turn(1), '+': () => zoom(1.4), '-': () => zoom(0.7), r: () => round.click() }
    acts[event.key]?.()
    if (event.key !== 'Tab') return
    event.preventDefault()
    const stops = [...bar.querySelectorAll<HTMLElement>('button:not([hidden])')]
    const place = stops.indexOf(document.activeElement as HTMLElement) + (event.shiftKey ? -1 : 1)
    stops[(place + stops.length) % stops.length]?.focus()
  })
  document.body.append(frame)
  void turn(0)
  close.focus()
}
