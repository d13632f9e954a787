import { describe, expect, it } from 'vitest'
import { aboutRule, copyOf, fullRule, moved, newRule, placeOf, rulesOf } from '../policy'
import { night, vip } from './playing'

describe('a rule written out', () => {
  it('has everything the server leaves to its default', () => {
    expect(fullRule({ id: 'a', name: 'b' })).toEqual({
      id: 'a', name: 'b', active: true, priority: 5, head_start: 0, accept_seconds: 0, overflow: [],
      when: { account_ids: [], channels: [], languages: [], countries: [], tiers: [], sources: [], pages: [], intents: [], segments: [], attributes: {} },
      pool: { team_ids: [], needs: [], by_language: false, by_region: false },
      order: ['last_agent', 'least_loaded', 'round_robin'],
    })
  })

  it('keeps what there is, and an order that was emptied stays empty', () => {
    expect(fullRule(vip)).toEqual(vip)
    expect(fullRule({ ...night, order: [] }).order).toEqual([])
    expect(fullRule({ ...night, active: false, priority: 0 })).toMatchObject({ active: false, priority: 0 })
  })

  it('shares nothing with what it was made from', () => {
    const made = fullRule(vip)
    made.when.tiers.push('x')
    made.pool.needs[0]!.level = 5
    made.overflow[0]!.team_ids.push('x')
    expect([vip.when?.tiers, vip.pool?.needs?.[0]?.level, vip.overflow?.[0]?.team_ids]).toEqual([['VIP'], 3, []])
  })

  it('gets an id of its own when new or copied', () => {
    const copy = copyOf(fullRule(vip), 'VIP 副本')
    expect([copy.name, copy.pool, copy.id === vip.id, newRule().id === newRule().id]).toEqual(['VIP 副本', vip.pool, false, false])
  })
})

it('reads a policy without rules as none', () => expect([rulesOf({}), rulesOf({ rules: [vip] }).length]).toEqual([[], 1]))

it.each([
  [0, 2, ['b', 'c', 'a']],
  [2, 0, ['c', 'a', 'b']],
  [1, 1, ['a', 'b', 'c']],
  [7, 0, ['a', 'b', 'c']],
])('moves from %i to %i', (from, to, after) => expect(moved(['a', 'b', 'c'], from, to)).toEqual(after))

it.each([
  ['policy.rules[3].name', 3],
  ['policy.rules[12]', 12],
  ['policy.rules', null],
  ['version', null],
  [null, null],
])('finds the rule that %s is about', (field, place) => expect(placeOf(field)).toBe(place))

it('tells of one rule what was found, errors first', () => {
  const found = [
    { level: 'warning', rule_id: 'a', code: 'team_empty', title: '空' },
    { level: 'error', rule_id: 'b', code: 'step_never', title: '别的' },
    { level: 'error', rule_id: 'a', code: 'never_matches', title: '错' },
  ] as const
  expect(aboutRule(found, 'a').map(({ title }) => title)).toEqual(['错', '空'])
})
