import type { ForecastDay, ForecastSlot, ShiftView } from '@kezhan/api'
import { describe, expect, it } from 'vitest'
import { gapsOf, pathOf, peakOf, rangeOf, ticksOf, totalOf } from '../outlook'
import { cellKey, cellsOf, clockOf, minutesOf, mondayOf, painted, plusDays, todayIn, weekLabel, weekOf } from '../week'

describe('weeks', () => {
  it('go from Monday to Sunday, over months, years and leap days', () => {
    expect([mondayOf('2026-11-22'), mondayOf('2026-11-23'), mondayOf('2027-01-01')]).toEqual(['2026-11-16', '2026-11-23', '2026-12-28'])
    expect(weekOf('2028-02-28')).toEqual(['2028-02-28', '2028-02-29', '2028-03-01', '2028-03-02', '2028-03-03', '2028-03-04', '2028-03-05'])
    expect(plusDays('2026-01-01', -1)).toBe('2025-12-31')
  })

  it('know today in the zone of the workspace, not of the browser', () => {
    const at = new Date('2026-11-22T17:00:00Z')
    expect([todayIn('Asia/Shanghai', at), todayIn('America/New_York', at)]).toEqual(['2026-11-23', '2026-11-22'])
  })

  it('have a name in both languages', () => {
    expect(weekLabel('zh-CN', '2026-11-16')).toMatch(/2026.11.16.*22/)
    expect(weekLabel('en', '2026-11-30')).toMatch(/Nov 30.*Dec 6, 2026/)
  })
})

describe('cells', () => {
  const entry = (shift_id: string, starts_at: string) => ({ membership_id: 'm', day: '2026-11-23', shift_id, starts_at, ends_at: '' })

  it('hold the shifts of a day in the order of their beginning', () => {
    const cells = cellsOf([entry('late', '2026-11-23T05:00:00.000Z'), entry('early', '2026-11-23T01:00:00.000Z')])
    expect(cells.get(cellKey('m', '2026-11-23'))).toEqual(['early', 'late'])
    expect(cells.get(cellKey('m', '2026-11-24'))).toBeUndefined()
  })

  it('take a shift in once, and out', () => {
    expect([painted([], 'a', true), painted(['a'], 'a', true), painted(['a', 'b'], 'a', false), painted([], 'a', false)]).toEqual([['a'], ['a'], ['b'], []])
  })

  it('count planned hours', () => {
    const shifts = [{ id: 'a', minutes: 240 }, { id: 'b', minutes: 480 }] as ShiftView[]
    expect(minutesOf(['a', 'b', 'gone'], shifts)).toBe(720)
  })

  it('write half hours as clock times', () => expect([0, 1, 19, 47, 48].map(clockOf)).toEqual(['00:00', '00:30', '09:30', '23:30', '24:00']))
})

const seats = (count: number) => ({ seats: count, working: count, occupancy: 0.5, service_level: 0.9, asa_s: 1, abandoned: 0 })
const empty: ForecastSlot = { arrivals: 0, low: 0, high: 1, handle_s: 300, patient: seats(0), impatient: null, rostered: 0 }
const day = (more: Record<number, Partial<ForecastSlot>>, base = empty): ForecastDay => ({
  day: '2026-11-23', holiday: false, seen: 8, growth: 1, slots: Array.from({ length: 48 }, (_, number) => ({ ...base, ...more[number] })),
})

describe('a day of the forecast', () => {
  it('is drawn from an hour before anything to an hour after', () => {
    expect(rangeOf(day({ 19: { arrivals: 2 }, 30: { rostered: 1 } }))).toEqual([16, 34])
    expect(rangeOf(day({}))).toEqual([0, 48])
    expect(rangeOf(day({ 0: { arrivals: 2 }, 47: { arrivals: 1 } }))).toEqual([0, 48])
  })

  it('tells where the roster falls short, by Erlang A where the patience is known', () => {
    expect(gapsOf(day({ 20: { patient: seats(3), rostered: 1 }, 21: { patient: seats(2), rostered: 2 }, 22: { patient: seats(2), rostered: 1.5 } }))).toEqual({ count: 2, most: 2 })
    expect(gapsOf(day({ 20: { patient: seats(3), impatient: seats(1), rostered: 1 } }))).toEqual({ count: 0, most: 0 })
  })

  it('adds up what comes, and says nothing where nothing is known', () => {
    expect(totalOf(day({ 20: { arrivals: 2.5 }, 21: { arrivals: 4 } }))).toBe(6.5)
    expect(totalOf({ ...day({}, { ...empty, arrivals: null, patient: null }), seen: 1 })).toBeNull()
    expect(peakOf(day({ 20: { patient: seats(9), impatient: seats(7) }, 30: { patient: seats(5), impatient: seats(4) } }))).toBe(7)
  })

  it.each([[1, [0, 1]], [4, [0, 1, 2, 3, 4]], [7, [0, 2, 4, 6, 8]], [41, [0, 10, 20, 30, 40, 50]], [0.2, [0, 1]]])('has round figures on its axis up to %d', (highest, ticks) => {
    expect(ticksOf(highest)).toEqual(ticks)
  })

  it('is a step line that breaks where nothing is known', () => {
    expect(pathOf([1, 3, null, 2], 10, (n) => n * 10, (s) => -s)).toBe('M100 -1H110V-3H120M130 -2H140')
  })
})
