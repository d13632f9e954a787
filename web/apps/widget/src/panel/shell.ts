import type { Chat } from './chat'
import { t } from './words'

const LINE = 'display:flex;align-items:center;justify-content:space-between;font:14px/1.5 sans-serif;padding:4px 0 4px '

let shown = ''

/** The words may be what could not be loaded. messages: widget.unloaded*, widget.again*, widget.close* */
const said = (key: string): string => t(key).replace(key, '')

function button(to: HTMLElement, text: string, act: () => void): HTMLButtonElement {
  const made = document.createElement('button')
  made.style.cssText = 'min-width:40px;min-height:40px;border:0;background:none;color:inherit;font:inherit;white-space:nowrap'
  made.textContent = text
  made.onclick = act
  to.append(made)
  return made
}

/** What stands in the panel until the conversation is there, or if it does not come: no framework, no style sheet. */
export function shell(chat: Chat): void {
  const { body } = document
  const title = chat.failed ? said('widget.unloaded') : (chat.client.session?.site.title ?? '')
  const close = said('widget.close')
  if (shown === title + close && body.firstChild) return
  shown = title + close
  body.textContent = ''
  // A frame is as clear as glass until somebody paints it.
  document.documentElement.style.background = 'Canvas'
  const main = document.createElement('main')
  // The name stands where it will stand.
  main.style.cssText = LINE + (chat.failed ? '8px' : '60px')
  main.setAttribute('role', chat.failed ? 'alert' : 'main')
  main.append(title)
  // Afresh from the start: names of parts change with an upgrade, and some browsers keep a failure for the life of a page.
  if (chat.failed) button(main, `↻ ${said('widget.again')}`, () => location.reload())
  if (chat.closable) button(main, '×', () => chat.close()).setAttribute('aria-label', close)
  body.append(main)
}
