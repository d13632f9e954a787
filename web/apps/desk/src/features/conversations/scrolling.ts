import { useResizeObserver } from '@vueuse/core'
import { nextTick, ref, watch, type Ref } from 'vue'

const NEAR = 80
const EARLY = 800

interface Scrolling {
  atBottom: Ref<boolean>
  onScroll: () => void
  toBottom: (smooth?: boolean) => void
  showLine: (selector: string, block: ScrollLogicalPosition) => void
}

/** Keeps a thread where the reader is: at the bottom while she is there, in place while older pages come in. */
export function useScrolling(
  scroller: Ref<HTMLElement | null>,
  content: Ref<HTMLElement | null>,
  firstKey: () => string | undefined,
  onTop: () => void,
): Scrolling {
  const atBottom = ref(true)
  let top = Infinity

  // Only she herself goes away from the bottom, upwards: what is told of a scroll may come when a picture has just
  // grown below it.
  function onScroll(): void {
    const place = scroller.value
    if (!place) return
    const near = place.scrollHeight - place.scrollTop - place.clientHeight < NEAR
    if (near || place.scrollTop < top) atBottom.value = near
    top = place.scrollTop
    if (place.scrollTop < EARLY) onTop()
  }

  function toBottom(smooth = false): void {
    atBottom.value = true
    const place = scroller.value
    if (!place) return
    place.scrollTo({ top: place.scrollHeight, behavior: smooth ? 'smooth' : 'auto' })
    top = place.scrollTop
  }

  // In a list that has begun anew: while it was empty it counted as one at its bottom, where it would be kept.
  function showLine(selector: string, block: ScrollLogicalPosition): void {
    atBottom.value = false
    scroller.value?.querySelector(selector)?.scrollIntoView({ block })
  }

  // Measured before the change reaches the page: what stood under the eye stays there.
  watch(firstKey, async (_now, before) => {
    const place = scroller.value
    if (!place || before === undefined) return
    const stays = atBottom.value
    const below = place.scrollHeight - place.scrollTop
    await nextTick()
    if (stays) toBottom()
    else place.scrollTop = place.scrollHeight - below
    onScroll()
  })

  useResizeObserver([scroller, content], () => {
    if (atBottom.value) toBottom()
  })

  return { atBottom, onScroll, toBottom, showLine }
}

const FLASH_MS = 1600

/** The message that was jumped to stands out for a moment. */
export function useFlash(): { flashed: Ref<string>; flash: (key: string) => void } {
  const flashed = ref('')
  let fading: ReturnType<typeof setTimeout> | undefined

  function flash(key: string): void {
    clearTimeout(fading)
    flashed.value = key
    fading = setTimeout(() => (flashed.value = ''), FLASH_MS)
  }

  return { flashed, flash }
}
