import { describe, expect, it } from 'vitest'
import { merged, nextDate, rowOf, ruled } from '../days'
import { clockOf, further, hoursOf, interval, minutesOf, onBar, partsOf, runsOf, weekFrom } from '../week'
import { dateName, momentIn, weekdayName } from '../zone'

describe('times of day', () => {
  it.each([
    ['09:30', 570], ['9:30', 570], ['930', 570], ['9', 540], ['09：30', 570], ['9.30', 570], ['00:00', 0], [' 23:59 ', 1439],
    ['', null], ['x', null], ['24:00', null], ['9:60', null], ['25', null], ['9:3', null], ['12345', null], ['-1', null],
  ])('reads %j as %j', (text, minutes) => {
    expect(minutesOf(text)).toBe(minutes)
  })

  it('lets only an end be 24:00', () => {
    expect([minutesOf('24:00', true), minutesOf('24', true), minutesOf('24:01', true)]).toEqual([1440, 1440, null])
    expect([clockOf(1440), clockOf(1440, true), clockOf(0, true), clockOf(1800, true)]).toEqual(['00:00', '24:00', '00:00', '06:00'])
  })

  it.each([
    [540, 1080, '09:00–18:00'], [1320, 360, '22:00–06:00'], [0, 0, '00:00–24:00'], [0, 1440, '00:00–24:00'], [540, 540, '09:00–09:00'], [540, 1440, '09:00–24:00'],
  ])('makes of %i and %i the interval %s, on the next day where it ends before it begins', (start, end, text) => {
    const made = interval(start, end)
    expect([hoursOf(made), made.end > made.start, made.end - made.start <= 1440]).toEqual([text, true, true])
  })

  it('keeps an interval that runs past midnight when only its start is changed', () => {
    expect(interval(1380, 1800)).toEqual({ start: 1380, end: 1800 })
  })

  it('offers office hours first, then what follows them, never past midnight', () => {
    expect(further([])).toEqual({ start: 540, end: 1080 })
    expect(further([{ start: 540, end: 720 }])).toEqual({ start: 780, end: 960 })
    expect(further([{ start: 540, end: 1430 }])).toEqual({ start: 1380, end: 1440 })
  })
})

describe('a week in few words', () => {
  const office = [{ start: 540, end: 1080 }]

  it('puts neighbouring days of the same hours together and leaves closed ones out', () => {
    const week = weekFrom((day) => (day < 3 || day === 4 ? office : day === 5 ? [{ start: 600, end: 840 }] : []))
    expect(runsOf(week).map(({ from, to }) => [from, to])).toEqual([[0, 2], [4, 4], [5, 5]])
    expect(runsOf(weekFrom(() => []))).toEqual([])
  })

  it('draws what comes over from the evening before on the day it falls on', () => {
    const night = [{ start: 1320, end: 1800 }]
    expect(partsOf(night, night)).toEqual([{ start: 0, end: 360 }, { start: 1320, end: 1440 }])
    expect(partsOf([], night)).toEqual([{ start: 0, end: 360 }])
    expect(onBar({ start: 360, end: 1080 })).toEqual({ left: '25%', width: '50%' })
  })
})

describe('moments and days', () => {
  const now = new Date('2026-11-20T10:00:00Z')

  it('are told by the clock of the schedule: the time alone where it is still today there', () => {
    expect(momentIn('zh-CN', 'Asia/Shanghai', new Date('2026-11-20T15:30:00Z'), now)).toBe('23:30')
    expect(momentIn('zh-CN', 'Asia/Shanghai', new Date('2026-11-20T16:30:00Z'), now)).toMatch(/11月21日.*周六.*00:30/)
    expect(momentIn('en', 'America/New_York', new Date('2026-11-23T14:00:00Z'), now)).toMatch(/Mon, Nov 23.*09:00/)
  })

  it('are named without a zone where they are a date or a weekday', () => {
    expect([weekdayName('zh-CN', 0), weekdayName('en', 6, 'long'), dateName('en', '2026-10-01')]).toEqual(['周一', 'Sunday', 'Thu, Oct 1'])
  })
})

describe('special days', () => {
  it.each([
    [{ kind: 'off' }, 'off'], [{ kind: 'work' }, 'plain'], [{ kind: 'work', as_weekday: 5 }, 'as5'], [{ kind: 'work', intervals: [{ start: 0, end: 60 }] }, 'own'],
  ] as const)('%j is the line %s and back', (day, rule) => {
    expect(rowOf({ date: '2026-10-10', name: '', ...day } as never).rule).toBe(rule)
    expect(rowOf({ date: '2026-10-10', ...ruled(rule) }).rule).toBe(rule)
  })

  it('have their weekday, and none while they have no date', () => {
    expect([rowOf({ date: '2026-10-10', kind: 'off' }).weekday, rowOf({ date: '', kind: 'off' }).weekday]).toEqual([5, null])
  })

  it('join a list by date, the new one in place of the old', () => {
    const old = { date: '2026-10-02', kind: 'off', name: '旧' } as const
    const read = [{ ...old, name: '新' }, { date: '2026-10-01', kind: 'work' } as const]
    expect(merged([old, { date: '2026-10-03', kind: 'off' }], read).map(({ date, name }) => [date, name])).toEqual([
      ['2026-10-01', undefined], ['2026-10-02', '新'], ['2026-10-03', undefined],
    ])
  })

  it('go on the day after the last, across months', () => {
    expect([nextDate([{ date: '2026-10-31', kind: 'off' }], new Date('2026-01-01T00:00:00Z')), nextDate([], new Date('2026-12-31T00:00:00Z'))]).toEqual(['2026-11-01', '2027-01-01'])
  })
})
