const TILE = { width: 320, height: 200 }
const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
const plain = (text: string): string => text.replace(/[&<>]/g, (one) => ESCAPES[one]!)

/** The end of an address, enough to tell two people of one name apart. */
export const tailOf = (email: string): string => {
  const at = email.lastIndexOf('@')
  return at < 0 ? email.slice(-6) : `…${email.slice(Math.max(0, at - 3))}`
}

/** As it is written everywhere, whatever language the screen is in: `2026-11-23 16:45`, her own clock's. */
export const minuteOf = (at: Date): string => {
  const two = (part: number): string => String(part).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`
}

function tileOf(lines: readonly string[]): string {
  const said = lines.map((line, at) => `<text x="50%" y="${76 + at * 24}" text-anchor="middle">${plain(line)}</text>`).join('')
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${TILE.width}" height="${TILE.height}"><g transform="rotate(-18 ${TILE.width / 2} ${TILE.height / 2})" font-family="sans-serif" font-size="19" font-weight="700">${said}</g></svg>`
  return `url("data:image/svg+xml,${encodeURIComponent(svg)}")`
}

// On paper nothing has to be read through it for hours, so there it is plain to see.
const CSS = `:host{all:initial!important;position:fixed!important;inset:0!important;z-index:2147483647!important;display:block!important;pointer-events:none!important}
div{position:absolute;inset:0;background:var(--kz-ink);opacity:var(--kz-watermark);mask-size:${TILE.width}px ${TILE.height}px;-webkit-mask-size:${TILE.width}px ${TILE.height}px}
@media print{div{opacity:.16;print-color-adjust:exact;-webkit-print-color-adjust:exact}}`

/** Lines written all over the screen, behind nothing and in nobody's way. Taken away, hidden or changed, they come back. */
export class Watermark {
  private host = document.createElement('div')
  private sheet: HTMLElement = document.createElement('div')
  private tile = ''
  private readonly guard = new MutationObserver(() => this.restore())

  constructor() {
    this.put()
  }

  write(lines: readonly string[]): void {
    this.tile = tileOf(lines)
    this.paint()
  }

  end(): void {
    this.guard.disconnect()
    this.host.remove()
  }

  private put(): void {
    this.guard.disconnect()
    this.host.remove()
    this.host = document.createElement('div')
    this.host.setAttribute('aria-hidden', 'true')
    const inside = this.host.attachShadow({ mode: 'closed' })
    this.sheet = document.createElement('div')
    inside.append(Object.assign(document.createElement('style'), { textContent: CSS }), this.sheet)
    this.paint()
    document.body.append(this.host)
    this.guard.observe(document.body, { childList: true })
    this.guard.observe(this.host, { attributes: true, childList: true })
  }

  private paint(): void {
    this.sheet.style.setProperty('mask-image', this.tile)
    this.sheet.style.setProperty('-webkit-mask-image', this.tile)
  }

  private restore(): void {
    const whole = this.host.parentNode === document.body && this.host.attributes.length === 1 && this.host.getAttribute('aria-hidden') === 'true'
    if (!whole) this.put()
  }
}
