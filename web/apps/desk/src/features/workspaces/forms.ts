import { ref, type Ref } from 'vue'
import { Fault, said } from '../../call'

/** Where she wanted to go. Only a path of ours: an address from outside must not send somebody away. */
export function goalOf(asked: unknown): string {
  const to = typeof asked === 'string' ? asked : '/'
  return to.startsWith('/') && !to.startsWith('//') && !to.includes('\\') ? to : '/'
}

interface Form {
  busy: Ref<boolean>
  /** What went wrong as a whole; empty where a field is to blame. */
  fault: Ref<string>
  /** What went wrong by field. */
  faults: Ref<Record<string, string>>
  /** Forgets what went wrong: the form is filled in afresh. */
  clear: () => void
  /** Runs `what` unless it is running; says whether it was carried out. */
  send: (what: () => Promise<unknown>) => Promise<boolean>
}

/** The state of a form: one sending at a time, refusals beside the field they name. */
export function useForm(fields: readonly string[] = []): Form {
  const busy = ref(false)
  const fault = ref('')
  const faults = ref<Record<string, string>>({})

  function clear(): void {
    fault.value = ''
    faults.value = {}
  }

  async function send(what: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    clear()
    try {
      await what()
      return true
    } catch (thrown) {
      if (thrown instanceof Fault && thrown.field && fields.includes(thrown.field)) faults.value = { [thrown.field]: thrown.title }
      else fault.value = said(thrown)
      return false
    } finally {
      busy.value = false
    }
  }
  return { busy, fault, faults, clear, send }
}
