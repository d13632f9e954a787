import './viewer.css'
import type { FileLinked } from '@kezhan/client'
import { t } from '../words'

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

/** A picture over the whole panel: a press enlarges it, Escape puts it away. */
export function view(file: FileLinked): void {
  const back = document.activeElement as HTMLElement | null
  const frame = document.createElement('div')
  frame.className = 'viewer'
  frame.setAttribute('role', 'dialog')
  frame.setAttribute('aria-modal', 'true')
  frame.setAttribute('aria-label', file.name)

  function shut(): void {
    frame.remove()
    back?.focus()
  }

  const image = document.createElement('img')
  image.src = file.url
  image.alt = file.name
  image.addEventListener('click', () => frame.classList.toggle('close-up'))
  const close = button('M6 6l12 12M18 6L6 18', t('widget.close'), shut)
  const original = button('M14 4h6v6M20 4l-9 9M10 4H4v16h16v-6', t('widget_more.original'), () => void window.open(file.url, '_blank', 'noopener'))
  const bar = document.createElement('div')
  bar.append(original, close)
  const stage = document.createElement('div')
  stage.append(image)
  frame.append(bar, stage)
  frame.addEventListener('keydown', (event) => {
    event.stopPropagation()
    if (event.key === 'Escape') shut()
    if (event.key !== 'Tab') return
    event.preventDefault()
    const other = document.activeElement === close ? original : close
    other.focus()
  })
  document.body.append(frame)
  close.focus()
}
