import { useEventListener } from '@vueuse/core'
import { ref, type Ref } from 'vue'

/** Lower than this something else has changed than a keyboard coming up. */
const KEYBOARD_PX = 120

/** How much of the window the reader sees, in px, while a keyboard lies over it; null: all. Some systems shrink the window themselves. */
export function useSeenHeight(): Ref<number | null> {
  const seen = ref<number | null>(null)
  const view = window.visualViewport
  if (!view) return seen
  function look(): void {
    // Zoomed in, less is seen without any keyboard.
    const covered = view!.scale === 1 && window.innerHeight - view!.height > KEYBOARD_PX
    seen.value = covered ? Math.round(view!.height) : null
    // The page is as high as what is seen of it: there is nothing to be scrolled away.
    if (covered) window.scrollTo(0, 0)
  }
  useEventListener(view, ['resize', 'scroll'], look)
  look()
  return seen
}
