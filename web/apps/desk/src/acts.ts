import { useToast } from '@nuxt/ui/composables'
import { ref, type Ref } from 'vue'
import { said } from './call'

interface Acts {
  /** The act that is under way; empty where none is. */
  busy: Ref<string>
  /** Carries `what` out under the name `key`; what `done` makes of its answer is shown in passing, and so is a refusal. */
  act: <T>(key: string, what: () => Promise<T>, done?: (answer: T) => string) => Promise<void>
}

/** Acts that stay where they are. After each, carried out or refused, what is shown is read anew by `renew`. */
export function useActs(renew: () => Promise<unknown>): Acts {
  const toast = useToast()
  const busy = ref('')
  const act: Acts['act'] = async (key, what, done) => {
    busy.value = key
    try {
      const answer = await what()
      if (done) toast.add({ title: done(answer), icon: 'i-lucide-check' })
    } catch (thrown) {
      toast.add({ title: said(thrown), color: 'error', icon: 'i-lucide-circle-alert' })
    }
    await renew()
    busy.value = ''
  }
  return { busy, act }
}
