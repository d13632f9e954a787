import { beforeEach, expect, it } from 'vitest'
import { learn, speak } from '../words'
import { opening, prospect, range, standing } from './wait'

const place = (more: object) => ({ conversation_id: 'c', state: 'waiting' as const, ...more })

beforeEach(async () => {
  await speak('zh-CN')
  await learn('widget_more')
})

it.each([
  [[0, 10], '不到 1 分钟'],
  [[20, 60], '不到 1 分钟'],
  [[0, 90], '2 分钟以内'],
  [[30, 240], '4 分钟以内'],
  [[60, 61], '1–2 分钟'],
  [[120, 240], '2–4 分钟'],
  [[240, 240], '约 4 分钟'],
  [[150, 270], '2–5 分钟'],
  [[3540, 5400], '59–90 分钟'],
  [[3600, 7200], '1 小时以上'],
] as [[number, number], string][])('says %j in minutes that are never too few', (wait, text) => {
  expect(range(wait)).toBe(text)
})

const NOW = new Date(2026, 10, 22, 20, 0).getTime()

it.each([
  [new Date(2026, 10, 22, 21, 5), '今天 21:05 '],
  [new Date(2026, 10, 23, 0, 0), '明天 00:00 '],
  [new Date(2026, 10, 25, 9, 0), '11月25日 09:00 '],
  [new Date(2027, 0, 4, 9, 0), '2027年1月4日 09:00 '],
])('says when we are back as of that day', (at, text) => {
  expect(opening(at.toISOString(), NOW).replace(/\u00a0/g, ' ')).toBe(text)
})

it('says nothing of an hour that nobody knows', () => {
  expect([opening(null), opening(undefined), opening('')]).toEqual(['', '', ''])
})

it('says place and wait, the place alone where no wait is known, and no place where nobody is there', () => {
  expect(standing(place({ place: 3, wait: [120, 240] }), true, '')).toBe('您排在第 3 位 · 预计 2–4 分钟')
  expect(standing(place({ place: 3 }), true, '')).toBe('您排在第 3 位')
  expect(standing(place({ place: 3 }), false, '')).toBe('客服暂时不在线，您可以先留言')
})

it('uses the words of the site for a message, and its own where there are none', () => {
  expect(standing(place({ state: 'message' }), true, '掌柜稍后回复')).toBe('掌柜稍后回复')
  expect(standing(place({ state: 'message' }), true, '')).toBe('已转为留言，我们会尽快回复')
})

it.each([
  [{ open: false, waiting: 0 }, true, '现在是非工作时间'],
  [{ open: true, waiting: 0 }, true, ''],
  [{ open: true, waiting: 0, wait: [0, 50] }, true, '通常 1 分钟内有人接待'],
  [{ open: true, waiting: 0, wait: [0, 150] }, true, '通常 3 分钟内有人接待'],
  [{ open: true, waiting: 0, wait: [60, 200] }, true, '客服较忙 · 预计 1–4 分钟'],
  [{ open: true, waiting: 2 }, true, '现在有 2 人排队'],
  [{ open: true, waiting: 2, wait: [120, 240] }, true, '现在有 2 人排队 · 预计 2–4 分钟'],
  [{ open: true, waiting: 2, wait: [120, 240] }, false, ''],
] as [Parameters<typeof prospect>[0], boolean, string][])('of %j, somebody there: %s, says: %s', (outlook, there, text) => {
  expect(prospect(outlook, there)).toBe(text)
})
