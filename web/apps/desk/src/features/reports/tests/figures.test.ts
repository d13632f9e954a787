import type { AlertKind, Step } from '@kezhan/api'
import { beforeEach, describe, expect, it } from 'vitest'
import { figureOf, fixOf, gravest, gravestFirst, lasting, ofChannels, paged, percent, present, since, sorted, toneOf } from '../figures'
import { stepSaid } from '../steps'
import { NEWS_MS, told } from '../told'
import { AT, ago, alert, seat, team, waiting } from './fixtures'

describe('figures', () => {
  it.each([[null, '–'], [undefined, '–'], [0, '0%'], [0.996, '99%'], [1, '100%']])('a share of %s is %s: never rounded up to all', (share, shown) => {
    expect(percent(share)).toBe(shown)
  })

  it.each([[null, '–'], [0, '0 秒'], [12.4, '12 秒'], [75, '1:15'], [7200, '2 小时']])('%s seconds are %s', (seconds, shown) => {
    expect(lasting(seconds)).toBe(shown)
  })

  it.each([['longest_wait', 180, '3:00'], ['service_level', 80, '80%'], ['waiting', 5, '5'], ['abandoned', 2, '2']] as const)('a threshold of %s %s is %s', (kind, value, shown) => {
    expect(figureOf(kind, value)).toBe(shown)
  })

  it('ages by the server’s clock, however wrong ours is', () => {
    const ours = Date.parse('2031-01-01T00:00:00Z')
    expect(since(ago(90), AT, ours, ours + 5000)).toBe(95_000)
    expect(since(ago(-3), AT, ours, ours)).toBe(0)
    expect(since(null, AT, ours, ours)).toBeNull()
  })

  it('counts as present who is online, with room or without', () => {
    expect(present({ free: 2, full: 3, busy: 9, away: 9 })).toBe(5)
  })
})

describe('what stands out', () => {
  it.each([
    ['critical', 0, 0, 'red'],
    ['warning', 3, 500, 'amber'],
    ['', 1, 21, 'amber'],
    ['', 1, 20, 'calm'],
    ['', 0, 500, 'calm'],
  ])('with alert %s, %i waiting for %i s: %s', (level, many, seconds, tone) => {
    expect(toneOf(level, waiting(many, seconds), seconds * 1000, 20)).toBe(tone)
  })

  it('is the gravest alert', () => {
    expect([gravest([]), gravest([alert('a')]), gravest([alert('a'), alert('b', { level: 'critical' })])]).toEqual(['', 'warning', 'critical'])
  })

  it('comes first on the wall; the rest keeps its order', () => {
    const teams = [team('a', '甲'), team('b', '乙', { alert: 'warning' }), team('c', '丙'), team('d', '丁', { alert: 'critical' })]
    expect(gravestFirst(teams).map(({ id }) => id)).toEqual(['d', 'b', 'a', 'c'])
  })
})

it('seats stand in the order of who could take something, the emptier and the longer idle first', () => {
  const seats = [
    seat('离线', { standing: 'offline' }), seat('小休', { standing: 'break' }), seat('满', { standing: 'full', live_used: 5 }),
    seat('忙一点', { live_used: 3 }), seat('刚来', { since: ago(5) }), seat('闲着', { since: ago(500) }), seat('没有名额', { live_units: 0 }),
  ]
  expect(sorted(seats).map(({ name }) => name)).toEqual(['闲着', '刚来', '忙一点', '没有名额', '满', '小休', '离线'])
})

it.each([[[], [[]]], [[1, 2], [[1, 2]]], [[1, 2, 3], [[1, 2], [3]]]])('%j in pages of two is %j', (items, pages) => {
  expect(paged<number>(items, 2)).toEqual(pages)
})

describe('a step of overflow as a sentence', () => {
  const say = (key: string, values: Record<string, unknown> = {}): string => `${key.replace(/^.*\./, '')}${Object.values(values).join()}`
  it.each<[Partial<Step>, string]>([
    [{ after_seconds: 90, team_ids: ['t2', 'gone'] }, 'stepAfter1:30colonstepTeams售后'],
    [{ at_length: 0, message: true }, 'stepLength0colonstepMessage'],
    [{ after_seconds: 60, at_length: 9, everybody: true, drop_needs: true }, 'stepAfter1:00 / stepLength9colonstepEverybodyandstepSkills'],
  ])('%j', (step, said) => {
    expect(stepSaid(step as Step, { t2: '售后' }, say)).toBe(said)
  })
})

describe('an alert of a channel', () => {
  it('leads to where it is mended', () => {
    const of = (kind: AlertKind, account_id: string | null = 'c1'): string => fixOf({ kind, account_id })
    expect([of('channel_down'), of('channel_unsent'), of('channel_expires'), of('channel_errors', null), of('waiting')]).toEqual([
      '/settings/channels/c1', '/settings/channels/c1?tab=log&log=deliveries', '/settings/channels/c1?tab=settings', '', '',
    ])
    expect([figureOf('channel_errors', 12), figureOf('channel_unsent', 12), ofChannels('channel_down'), ofChannels('waiting')]).toEqual(['12%', '12', true, false])
  })
})

describe('an alert is told', () => {
  beforeEach(() => sessionStorage.clear())
  const at = Date.parse(AT)
  const ids = (...given: Parameters<typeof told>): string[] => told(...given).map(({ id }) => id)

  it('once, oldest first', () => {
    expect(ids([alert('b'), alert('a')], at)).toEqual(['a', 'b'])
    expect(ids([alert('c'), alert('b'), alert('a')], at + 1000)).toEqual(['c'])
  })

  it('not where it is over, or no news any more', () => {
    const old = alert('old', { began_at: new Date(at - NEWS_MS).toISOString() })
    expect(ids([alert('over', { ended_at: AT }), old], at)).toEqual([])
  })

  it('also where what was kept cannot be read', () => {
    sessionStorage.setItem('kz.alerts', '{')
    expect(ids([alert('a')], at)).toEqual(['a'])
  })
})
