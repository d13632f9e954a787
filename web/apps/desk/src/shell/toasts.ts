import { useToast } from '@nuxt/ui/composables'
import { nextTick, watch } from 'vue'

const REGION = '[role="region"]:has(> [aria-hidden="true"][tabindex="0"])'

/**
 * The toaster stands between two guards that hand the focus on: they can be reached by keys, so they must not say
 * that they are hidden. Its own name is English whatever the language; `name` is ours, with the key that leads there.
 */
export function openToaster(name: () => string): void {
  const { toasts } = useToast()
  watch(
    () => toasts.value.length > 0,
    async (some) => {
      if (!some) return
      // The toast is counted once it is drawn; its guards are drawn after that.
      await nextTick()
      await nextTick()
      document.querySelectorAll(REGION).forEach((region) => {
        region.setAttribute('aria-label', name())
        region.querySelectorAll(':scope > [aria-hidden="true"]').forEach((guard) => guard.removeAttribute('aria-hidden'))
      })
    },
    { flush: 'post', immediate: true },
  )
}
