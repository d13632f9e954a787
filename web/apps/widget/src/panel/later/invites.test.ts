import { expect, it, vi } from 'vitest'
import { onPage } from './invites'

vi.mock('./invites.css', () => ({}))

// The server's own test has the same table: kezhan/proactive/tests/test_matching.py.
it.each([
  [[], 'https://x.cn/a', true],
  [[], '', true],
  [['/rock'], 'https://x.cn/rock', true],
  [['/ROCK'], 'https://x.cn/rock?y=1', true],
  [['/rock'], 'https://x.cn/', false],
  [['/a', '/b'], 'https://x.cn/b', true],
  [['/tea/*/price'], 'https://x.cn/tea/rock/price', true],
  [['/tea/*/price'], 'https://x.cn/price/tea/rock', false],
  [['/tea*price'], 'https://x.cn/teaprice', true],
  [['*'], 'https://x.cn/', true],
  [['岩茶'], 'https://x.cn/%E5%B2%A9%E8%8C%B6', true],
  [['%E5%B2%A9'], 'https://x.cn/岩茶', true],
  [['.'], 'https://xcn/a', false],
  [['?id=1'], 'https://x.cn/a?id=1', true],
  [['100%'], 'https://x.cn/100%25', true],
  [[' /rock '], 'https://x.cn/rock', true],
  [['/rock'], '', false],
])('finds one of %j in %s: %s', (patterns, url, there) => {
  expect(onPage(patterns as string[], url as string)).toBe(there)
})
