/** What a key does: a letter, or two in a row within a second (`g i`). */
export type Keys = Record<string, (event: KeyboardEvent) => void>

const SEQUENCE_MS = 1000
/** Where typing stays typing. */
export const FIELDS = 'input, textarea, select, [contenteditable="true"], [role="dialog"], [role="menu"], [role="listbox"]'

// Whatever floats has the keyboard to itself, wherever the focus is.
const FLOATING = ['dialog', 'menu', 'listbox'].map((role) => `[role="${role}"][data-state="open"]`).join(', ')

export const isFloating = (): boolean => document.querySelector(FLOATING) !== null

/** Turns key presses into the bindings' calls; typing in a field stays typing. */
export function keyReader(bindings: () => Keys, now: () => number = Date.now): (event: KeyboardEvent) => void {
  let prefix = ''
  let at = 0
  return (event) => {
    const target = event.target as Element | null
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
    if (target?.closest?.(FIELDS) || isFloating()) return
    const keys = bindings()
    const pair = prefix && now() - at < SEQUENCE_MS ? `${prefix} ${event.key}` : ''
    const run = keys[pair] ?? keys[event.key]
    prefix = !keys[pair] && Object.keys(keys).some((key) => key.startsWith(`${event.key} `)) ? event.key : ''
    at = now()
    if (!run) return
    event.preventDefault()
    run(event)
  }
}
