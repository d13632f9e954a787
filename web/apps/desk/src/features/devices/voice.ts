// Of several tabs of the desk one speaks: the one that holds this lock. A tab that closes lets go of it by itself.
const VOICE = 'kz.voice'
/** Held, together with others, by every tab that is in sight. */
const IN_SIGHT = 'kz.in-sight'

let speaks = false
let letGo: (() => void) | null = null

const held = (): Promise<void> => new Promise(() => undefined)

/** Whether this tab is the one that speaks. */
export const isVoice = (): boolean => speaks || !('locks' in navigator)

/** Whether any tab of the desk is in sight in this browser. */
export async function anyInSight(): Promise<boolean> {
  if (document.visibilityState === 'visible') return true
  if (!('locks' in navigator)) return false
  const { held: locks } = await navigator.locks.query()
  return Boolean(locks?.some(({ name }) => name === IN_SIGHT))
}

function show(): void {
  letGo?.()
  letGo = null
  if (document.visibilityState !== 'visible') return
  void navigator.locks.request(IN_SIGHT, { mode: 'shared' }, () => new Promise<void>((resolve) => (letGo = resolve)))
}

/** From now on this tab takes part. Only one that has been touched may make a sound, so that one asks to. */
export function takePart(): void {
  if (!('locks' in navigator)) return
  show()
  document.addEventListener('visibilitychange', show)
  const ask = (): void => void navigator.locks.request(VOICE, () => {
    speaks = true
    return held()
  })
  for (const touch of ['pointerdown', 'keydown'] as const) addEventListener(touch, ask, { once: true, capture: true })
}
