import { routingPreviewPolicy, routingSavePolicy, type Finding, type Policy, type PolicyPreview, type PolicyView } from '@kezhan/api'
import type { Saving } from '@kezhan/ui/saving.ts'
import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { Fault, said, take } from '../../call'
import { placeOf, rulesOf, type FullRule } from './policy'

interface Draft {
  rules: Ref<FullRule[]>
  /** The version the rules were made from. */
  version: Ref<number>
  dirty: ComputedRef<boolean>
  state: Ref<Saving>
  findings: Ref<Finding[]>
  fault: Ref<string>
  /** Somebody has saved another version meanwhile. */
  overtaken: Ref<boolean>
  preview: ShallowRef<PolicyPreview | null>
  start: (from: PolicyView) => void
  /** The rules of an older version, to be looked at and saved anew. */
  restore: (policy: Policy) => void
  /** Whether it was saved, refused for what was found, or is to be asked about. */
  save: (despite: boolean) => Promise<'saved' | 'refused' | 'ask'>
  look: () => Promise<boolean>
}

/** The policy being written: what is stored, what is not yet, what the server says to it. */
export function useDraft(): Draft {
  const rules = ref<FullRule[]>([])
  const version = ref(0)
  const state = ref<Saving>('calm')
  const findings = ref<Finding[]>([])
  const fault = ref('')
  const overtaken = ref(false)
  const preview = shallowRef<PolicyPreview | null>(null)
  const stored = ref('[]')
  const picture = computed(() => JSON.stringify(rules.value))
  const dirty = computed(() => picture.value !== stored.value)

  function calm(): void {
    state.value = 'calm'
    findings.value = []
    fault.value = ''
    overtaken.value = false
  }

  function start(from: PolicyView): void {
    rules.value = rulesOf(from.policy)
    version.value = from.version
    stored.value = picture.value
    calm()
  }

  function restore(policy: Policy): void {
    rules.value = rulesOf(policy)
    calm()
  }

  /** A refusal of the form belongs to its rule, or above all of them. */
  function refused(thrown: unknown): void {
    const place = thrown instanceof Fault ? placeOf(thrown.field) : null
    const rule = place === null ? undefined : rules.value[place]
    overtaken.value = thrown instanceof Fault && thrown.code === 'routing.policy_changed'
    if (rule) findings.value = [{ level: 'error', rule_id: rule.id, code: 'form', title: said(thrown) }]
    else fault.value = said(thrown)
  }

  const body = (): { version: number; policy: Policy } => ({ version: version.value, policy: { v: 1, rules: rules.value } })

  async function save(despite: boolean): Promise<'saved' | 'refused' | 'ask'> {
    if (state.value === 'saving') return 'refused'
    const sent = picture.value
    calm()
    state.value = 'saving'
    try {
      const answer = await take(routingSavePolicy({ body: { ...body(), despite } }))
      findings.value = answer.findings
      if (answer.version !== null) {
        version.value = answer.version
        stored.value = sent
        state.value = 'saved'
        return 'saved'
      }
      state.value = 'failed'
      return answer.findings.some(({ level }) => level === 'error') ? 'refused' : 'ask'
    } catch (thrown) {
      state.value = 'failed'
      refused(thrown)
      return 'refused'
    }
  }

  async function look(): Promise<boolean> {
    findings.value = []
    fault.value = ''
    try {
      preview.value = await take(routingPreviewPolicy({ body: body() }))
      return true
    } catch (thrown) {
      refused(thrown)
      return false
    }
  }
  return { rules, version, dirty, state, findings, fault, overtaken, preview, start, restore, save, look }
}
