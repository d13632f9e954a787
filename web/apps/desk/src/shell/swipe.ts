import { useEventListener, useMediaQuery } from '@vueuse/core'
import { onBeforeUnmount, toValue, type MaybeRefOrGetter, type Ref } from 'vue'

const FAR = 0.35
const FAST_PX_MS = 0.6
const SURE_PX = 12
// What moves sideways by itself, or is being written in, keeps its own gestures.
const OWN = ':focus:is(input, textarea, [contenteditable="true"]), input[type="range"], [role="slider"]'

const scrollsSideways = (target: Element | null): boolean => {
  const one = target?.closest('.overflow-x-auto')
  return Boolean(one && one.scrollWidth > one.clientWidth)
}

/** Of what scrolls up and down: sideways movement is ours. */
export const SWIPED = 'touch-pan-y [&_.overflow-y-auto]:touch-pan-y'

/** A finger drawn to the right over `screen` leads back, as the arrow does; the screen follows it, unless the system asks for less motion. */
export function useSwipeBack(screen: Ref<HTMLElement | null>, on: MaybeRefOrGetter<boolean>, back: () => void): void {
  const still = useMediaQuery('(prefers-reduced-motion: reduce)')
  let begun: { id: number; x: number; y: number; at: number; sure: boolean } | null = null

  function follow(far: number): void {
    if (screen.value && !still.value) screen.value.style.translate = far > 0 ? `${far}px 0` : ''
  }

  function rest(): void {
    begun = null
    follow(0)
  }

  useEventListener(screen, 'pointerdown', (event: PointerEvent) => {
    const target = event.target as Element | null
    const free = event.pointerType === 'touch' && event.isPrimary && toValue(on) && !target?.closest(OWN)
    begun = free && !scrollsSideways(target) ? { id: event.pointerId, x: event.clientX, y: event.clientY, at: event.timeStamp, sure: false } : null
  })
  useEventListener(screen, 'pointermove', (event: PointerEvent) => {
    if (!begun || event.pointerId !== begun.id) return
    const [right, down] = [event.clientX - begun.x, Math.abs(event.clientY - begun.y)]
    if (!begun.sure) {
      if (down > SURE_PX || right < -SURE_PX) return rest()
      if (right < SURE_PX) return
      begun.sure = true
    }
    follow(right)
  })
  useEventListener(screen, 'pointerup', (event: PointerEvent) => {
    if (!begun?.sure || event.pointerId !== begun.id || !screen.value) return rest()
    const right = event.clientX - begun.x
    const goes = right > screen.value.clientWidth * FAR || right / Math.max(1, event.timeStamp - begun.at) > FAST_PX_MS
    rest()
    if (goes) back()
  })
  useEventListener(screen, 'pointercancel', rest)

  onBeforeUnmount(rest)
}
