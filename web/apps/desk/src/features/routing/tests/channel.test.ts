import { describe, expect, it } from 'vitest'
import { concerns, ruleOf, withTeams } from '../channel'
import { fullRule } from '../policy'

const shop = { id: 'c1', adapter: 'open', name: '门店' }
const own = fullRule({ id: 'own', name: '门店', when: { account_ids: ['c1'] }, pool: { team_ids: ['t1'] } })
const everybody = fullRule({ id: 'all', name: '所有人' })
const vip = fullRule({ id: 'vip', name: 'VIP', when: { tiers: ['VIP'] } })
const kind = fullRule({ id: 'kind', name: '这种', when: { channels: ['open'] } })
const names = (rules: { name: string }[]): string[] => rules.map(({ name }) => name)

it.each([
  [own, true], [everybody, true], [kind, true], [vip, true],
  [fullRule({ id: 'x', name: 'x', active: false }), false],
  [fullRule({ id: 'x', name: 'x', when: { account_ids: ['c2'] } }), false],
  [fullRule({ id: 'x', name: 'x', when: { channels: ['webchat'] } }), false],
])('knows whether %j can hold for its customers', (rule, can) => expect(concerns(rule, shop)).toBe(can))

it('takes for its own only a rule about all of its customers and nobody else’s', () => {
  const others = [vip, kind, everybody, fullRule({ id: 'x', name: 'x', when: { account_ids: ['c1', 'c2'] } }), fullRule({ id: 'y', name: 'y', when: { account_ids: ['c1'], languages: ['en'] } })]
  expect([ruleOf(others, shop), ruleOf([...others, own], shop)?.id]).toEqual([undefined, 'own'])
})

describe('with teams', () => {
  it('a rule of its own stands before those that take everybody, behind those that ask for more', () => {
    const [first, made, ...rest] = withTeams([vip, kind, everybody], shop, ['t2'])
    expect([first?.id, made?.name, made?.when.account_ids, made?.pool.team_ids, rest.map(({ id }) => id)]).toEqual(['vip', '门店', ['c1'], ['t2'], ['kind', 'all']])
  })

  it('stands last where nothing is wider, under a name that is free', () => {
    expect(names(withTeams([vip, fullRule({ id: 'n', name: '门店', when: { tiers: ['x'] } })], shop, ['t1']))).toEqual(['VIP', '门店', '门店 2'])
  })

  it('changes the one there is and leaves the rest of it alone, switched on', () => {
    const kept = { ...own, priority: 8, active: false }
    expect(withTeams([kept, everybody], shop, ['t2'])).toEqual([{ ...kept, active: true, pool: { ...kept.pool, team_ids: ['t2'] } }, everybody])
  })

  it('and with none again takes away the rule that says nothing else', () => {
    expect(names(withTeams([own, everybody], shop, []))).toEqual(['所有人'])
    expect(withTeams([{ ...own, priority: 8 }], shop, [])[0]?.pool.team_ids).toEqual([])
    expect(withTeams([everybody], shop, [])).toEqual([everybody])
  })
})
