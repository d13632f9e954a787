import { describe, expect, it } from 'vitest'
import { aheadTime, clockTime, dayName, daysApart, fullTime, shortTime, span } from './when'

const at = (year: number, month: number, day: number, hour = 9, minute = 5): Date => new Date(year, month - 1, day, hour, minute)
const now = at(2026, 11, 22, 14, 30)

describe('a moment in a list row', () => {
  it.each([
    ['zh-CN', at(2026, 11, 22), '09:05'],
    ['zh-CN', at(2026, 11, 22, 0, 0), '00:00'],
    ['zh-CN', at(2026, 11, 21, 23, 59), '昨天'],
    ['zh-CN', at(2026, 11, 20), '11/20'],
    ['zh-CN', at(2025, 12, 31), '25/12/31'],
    ['en', at(2026, 11, 22, 17, 45), '17:45'],
    ['en', at(2026, 11, 21), 'yesterday'],
    ['en', at(2026, 1, 2), '1/2'],
    ['en', at(2025, 12, 31), '12/31/25'],
  ])('%s: %s is %s', (locale, moment, said) => {
    expect(shortTime(locale, moment, now)).toBe(said)
  })

  it('counts days by midnights, not by 24 hours, and over the end of a year', () => {
    expect(daysApart(at(2026, 11, 21, 23, 59), at(2026, 11, 22, 0, 1))).toBe(1)
    expect(daysApart(at(2026, 11, 22, 0, 1), at(2026, 11, 22, 23, 59))).toBe(0)
    expect(daysApart(at(2025, 12, 31, 23), at(2026, 1, 1, 1))).toBe(1)
    expect(daysApart(at(2026, 3, 28, 12), at(2026, 3, 30, 1))).toBe(2)
  })
})

describe('a day as a heading', () => {
  it.each([
    ['zh-CN', at(2026, 11, 22), '今天'],
    ['zh-CN', at(2026, 11, 21), '昨天'],
    ['zh-CN', at(2026, 11, 18), '11月18日周三'],
    ['zh-CN', at(2025, 11, 18), '2025年11月18日周二'],
    ['en', at(2026, 11, 22), 'Today'],
    ['en', at(2026, 11, 18), 'Wed, November 18'],
    ['en', at(2025, 11, 18), 'Tue, November 18, 2025'],
  ])('%s: %s is %s', (locale, moment, said) => {
    expect(dayName(locale, moment, now)).toBe(said)
  })

  it('names the weekday of a day that lies ahead instead of calling it today', () => {
    expect(dayName('en', at(2026, 11, 24), now)).toBe('Tue, November 24')
  })
})

it.each([
  ['zh-CN', at(2026, 11, 22, 17, 45), '17:45'],
  ['zh-CN', at(2026, 11, 23), '明天 09:05'],
  ['en', at(2026, 11, 23), 'tomorrow 09:05'],
  ['en', at(2026, 11, 30), 'Mon, Nov 30 09:05'],
  ['zh-CN', at(2027, 1, 4), '2027年1月4日周一 09:05'],
])('%s: a moment to come, %s, is %s', (locale, moment, said) => {
  expect(aheadTime(locale, moment, now)).toBe(said)
})

it('tells midnight as 00, never as 24', () => {
  expect(clockTime('en', at(2026, 11, 22, 0, 7))).toBe('00:07')
  expect(clockTime('zh-CN', at(2026, 11, 22, 0, 7))).toBe('00:07')
})

it('tells the whole date and time where somebody asks for it', () => {
  expect(fullTime('zh-CN', at(2026, 11, 22))).toContain('2026')
  expect(fullTime('zh-CN', at(2026, 11, 22))).toContain('09:05')
})

it.each([
  [-5000, '0s'],
  [0, '0s'],
  [999, '0s'],
  [45_000, '45s'],
  [59_999, '59s'],
  [60_000, '1:00'],
  [200_000, '3:20'],
  [3_599_000, '59:59'],
  [3_600_000, '1h'],
  [47.9 * 3_600_000, '47h'],
  [48 * 3_600_000, '2d'],
  [100 * 3_600_000, '4d'],
])('a wait of %d ms is %s', (ms, said) => {
  expect(span(ms, 'en')).toBe(said)
})

it.each([
  [45_000, '45 秒'],
  [200_000, '3:20'],
  [7_200_000, '2 小时'],
  [100 * 3_600_000, '4 天'],
])('a wait of %d ms is said in Chinese as %s', (ms, said) => {
  expect(span(ms, 'zh-CN')).toBe(said)
})
