import { computed, ref, type ComputedRef, type Ref } from 'vue'

interface Zoom {
  scale: Ref<number>
  style: ComputedRef<{ transform: string }>
  by: (factor: number) => void
  rotate: () => void
  reset: () => void
  twice: () => void
  onWheel: (event: WheelEvent) => void
  onDown: (event: PointerEvent) => void
  onMove: (event: PointerEvent) => void
  onUp: (event: PointerEvent) => void
}

const [LEAST, MOST] = [1, 8]
const SWIPE = 60

/** A picture under fingers, mouse and wheel. `turn`: swiped to the one before (-1) or after (1). */
export function useZoom(turn: (by: number) => void): Zoom {
  const scale = ref(1)
  const angle = ref(0)
  const x = ref(0)
  const y = ref(0)
  const fingers = new Map<number, { x: number; y: number }>()
  let begun = { x: 0, y: 0 }

  function by(factor: number): void {
    scale.value = Math.min(MOST, Math.max(LEAST, scale.value * factor))
    if (scale.value === LEAST) x.value = y.value = 0
  }
  function reset(): void {
    scale.value = 1
    angle.value = x.value = y.value = 0
    fingers.clear()
  }
  const spread = (): number => {
    const [one, other] = [...fingers.values()]
    return one && other ? Math.hypot(one.x - other.x, one.y - other.y) : 0
  }

  function onDown(event: PointerEvent): void {
    ;(event.currentTarget as HTMLElement).setPointerCapture?.(event.pointerId)
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY })
    if (fingers.size === 1) begun = { x: event.clientX, y: event.clientY }
  }
  function onMove(event: PointerEvent): void {
    const before = fingers.get(event.pointerId)
    if (!before) return
    const wide = spread()
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY })
    if (wide) by(spread() / wide)
    else if (scale.value > LEAST) {
      x.value += event.clientX - before.x
      y.value += event.clientY - before.y
    }
  }
  function onUp(event: PointerEvent): void {
    const alone = fingers.size === 1
    if (!fingers.delete(event.pointerId) || !alone || scale.value > LEAST || event.type === 'pointercancel') return
    const [far, aside] = [event.clientX - begun.x, event.clientY - begun.y]
    if (Math.abs(far) > SWIPE && Math.abs(far) > Math.abs(aside)) turn(far < 0 ? 1 : -1)
  }

  return {
    scale,
    style: computed(() => ({ transform: `translate(${x.value}px, ${y.value}px) scale(${scale.value}) rotate(${angle.value}deg)` })),
    by,
    reset,
    rotate: () => void (angle.value += 90),
    twice: () => (scale.value > LEAST ? reset() : by(2)),
    onWheel: (event) => by(event.deltaY < 0 ? 1.15 : 1 / 1.15),
    onDown,
    onMove,
    onUp,
  }
}
