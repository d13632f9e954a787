import { newRule, type FullRule } from './policy'

/** A channel, as far as a rule can mean it. */
export interface Meant {
  id: string
  adapter: string
  name: string
}

// Which conditions besides channels a rule can have.
const others = ['languages', 'countries', 'tiers', 'sources', 'pages', 'intents', 'segments'] as const

/** Whether the rule asks for nothing but where a conversation comes from. */
const asksNothingElse = ({ when }: FullRule): boolean => others.every((name) => !when[name].length) && !Object.keys(when.attributes).length

/** Whether the rule can hold for customers of the channel. */
export function concerns({ active, when }: FullRule, { id, adapter }: Meant): boolean {
  return active && (!when.account_ids.length || when.account_ids.includes(id)) && (!when.channels.length || when.channels.includes(adapter))
}

/** The rule that is about this channel alone, and about everybody who comes by it. */
export const ruleOf = (rules: readonly FullRule[], { id }: Meant): FullRule | undefined =>
  rules.find((rule) => rule.when.account_ids.length === 1 && rule.when.account_ids[0] === id && !rule.when.channels.length && asksNothingElse(rule))

/**
 * The same rules, with the customers of this channel going to these teams: none takes them out of its own rule. A new rule stands where it is
 * reached, behind those that ask for more.
 */
export function withTeams(rules: readonly FullRule[], channel: Meant, teams: readonly string[]): FullRule[] {
  const own = ruleOf(rules, channel)
  if (own && !teams.length && isPlain(own)) return rules.filter((rule) => rule !== own)
  if (own) return rules.map((rule) => (rule === own ? { ...rule, active: true, pool: { ...rule.pool, team_ids: [...teams] } } : rule))
  if (!teams.length) return [...rules]
  const made = newRule()
  const rule = { ...made, name: freeName(rules, channel.name), when: { ...made.when, account_ids: [channel.id] }, pool: { ...made.pool, team_ids: [...teams] } }
  const wider = rules.findIndex((one) => concerns(one, channel) && asksNothingElse(one))
  const place = wider < 0 ? rules.length : wider
  return [...rules.slice(0, place), rule, ...rules.slice(place)]
}

/** Whether the rule says nothing but to whom its conversations go. */
function isPlain(rule: FullRule): boolean {
  const { order, priority, head_start, accept_seconds, overflow, pool } = newRule()
  const said = ({ order, priority, head_start, accept_seconds, overflow, pool }: FullRule): string => JSON.stringify([order, priority, head_start, accept_seconds, overflow, pool.needs, pool.by_language, pool.by_region])
  return said(rule) === said({ ...rule, order, priority, head_start, accept_seconds, overflow, pool })
}

function freeName(rules: readonly FullRule[], wanted: string): string {
  const taken = new Set(rules.map(({ name }) => name.trim()))
  const name = wanted.trim().slice(0, 90)
  for (let number = 1; ; number++) {
    const tried = number === 1 ? name : `${name} ${number}`
    if (!taken.has(tried)) return tried
  }
}
