const REACHED = 'button:not(:disabled), [href], textarea, input:not([type=file]), [tabindex="0"]'

/** Tab goes round inside the panel while it covers everything else. */
export function keepFocus(event: KeyboardEvent, frame: HTMLElement): void {
  const all = [...frame.querySelectorAll<HTMLElement>(REACHED)]
  const [from, to] = event.shiftKey ? [all[0], all[all.length - 1]] : [all[all.length - 1], all[0]]
  if (document.activeElement !== from || !to) return
  event.preventDefault()
  to.focus()
}
