const REACHED = 'button, [href], textarea, [tabindex="0"]'

/** Tab goes round inside the panel while it covers everything else. */
export function keepFocus(event: KeyboardEvent, frame: HTMLElement): void {
  const all = [...frame.querySelectorAll<HTMLElement>(REACHED)]
  if (event.shiftKey) all.reverse()
  if (document.activeElement !== all[all.length - 1]) return
  event.preventDefault()
  all[0]!.focus()
}
