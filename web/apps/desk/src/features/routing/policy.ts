import type { Finding, Need, Order, Policy, Pool, Rule, Step, When } from '@kezhan/api'

/** A rule with everything written out, as the screen edits it. */
export interface FullRule {
  id: string
  name: string
  active: boolean
  when: Required<When>
  pool: Omit<Required<Pool>, 'needs'> & { needs: Required<Need>[] }
  order: Order[]
  priority: number
  head_start: number
  accept_seconds: number
  overflow: FullStep[]
}
export type FullStep = Required<Step>

export const PRIORITY = 5
export const orders: readonly Order[] = ['dedicated', 'last_agent', 'best_skill', 'least_loaded', 'longest_idle', 'round_robin']
const usual: readonly Order[] = ['last_agent', 'least_loaded', 'round_robin']

export function fullRule(rule: Rule): FullRule {
  const { when = {}, pool = {} } = rule
  return {
    id: rule.id,
    name: rule.name,
    active: rule.active ?? true,
    when: {
      account_ids: [...(when.account_ids ?? [])], channels: [...(when.channels ?? [])], languages: [...(when.languages ?? [])], countries: [...(when.countries ?? [])],
      tiers: [...(when.tiers ?? [])], sources: [...(when.sources ?? [])], pages: [...(when.pages ?? [])], intents: [...(when.intents ?? [])], segments: [...(when.segments ?? [])], attributes: { ...when.attributes },
    },
    pool: {
      team_ids: [...(pool.team_ids ?? [])],
      needs: (pool.needs ?? []).map(({ skill_id, level = 1 }) => ({ skill_id, level })),
      by_language: pool.by_language ?? false,
      by_region: pool.by_region ?? false,
    },
    order: [...(rule.order ?? usual)],
    priority: rule.priority ?? PRIORITY,
    head_start: rule.head_start ?? 0,
    accept_seconds: rule.accept_seconds ?? 0,
    overflow: (rule.overflow ?? []).map(fullStep),
  }
}

export const fullStep = (step: Step): FullStep => ({
  after_seconds: step.after_seconds ?? null,
  at_length: step.at_length ?? null,
  team_ids: [...(step.team_ids ?? [])],
  everybody: step.everybody ?? false,
  drop_needs: step.drop_needs ?? false,
  message: step.message ?? false,
})

/** A rule for everybody, before anything is written into it. */
export const newRule = (): FullRule => fullRule({ id: crypto.randomUUID(), name: '' })

/** The rule again under a name of its own, so that the two can be told apart. */
export const copyOf = (rule: FullRule, name: string): FullRule => ({ ...fullRule(rule), id: crypto.randomUUID(), name })

export const rulesOf = (policy: Policy): FullRule[] => (policy.rules ?? []).map(fullRule)

/** The same rules with the one at `from` standing at `to`. */
export function moved<T>(rows: readonly T[], from: number, to: number): T[] {
  const rest = rows.filter((_, place) => place !== from)
  const row = rows[from]
  return row === undefined ? [...rows] : [...rest.slice(0, to), row, ...rest.slice(to)]
}

/** Where a refusal of the whole form belongs: the place of the rule in the list, if it names one. */
export function placeOf(field: string | null): number | null {
  const found = /^policy\.rules\[(\d+)\]/.exec(field ?? '')
  return found ? Number(found[1]) : null
}

/** What was found about one rule, errors first. */
export const aboutRule = (findings: readonly Finding[], id: string): Finding[] =>
  findings.filter(({ rule_id }) => rule_id === id).sort((a, b) => Number(b.level === 'error') - Number(a.level === 'error'))
