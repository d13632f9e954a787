import { expect, it } from 'vitest'
import { dwell, hostOf, openable, pathOf } from './trail'

const page = (dwell_ms: number | null): Parameters<typeof dwell>[0] => ({
  visit_id: 'v', url: '', title: '', entered_at: '2026-11-22T08:00:00.000Z', dwell_ms,
})
const now = Date.parse('2026-11-22T08:01:00.000Z')

it('counts on only while the visitor is still there', () => {
  expect(dwell(page(5000), now, true)).toBe(5000)
  expect(dwell(page(null), now, true)).toBe(60_000)
  expect(dwell(page(null), now, false)).toBeNull()
})

it('opens nothing but the web, whatever a page calls itself', () => {
  expect(openable('https://tea.example/a')).toBe('https://tea.example/a')
  for (const url of ['javascript:alert(1)', 'data:text/html,x', '', '//x', 'https://']) expect(openable(url)).toBeUndefined()
})

it('shortens addresses, and shows what is none as it is', () => {
  expect(pathOf('https://tea.example/%E8%8C%B6?x=1#a')).toBe('/茶?x=1#a')
  expect(pathOf('nonsense')).toBe('nonsense')
  expect(hostOf('https://www.search.example/q')).toBe('www.search.example')
})

it.each([
  ['https://tea.example', '/'],
  ['https://tea.example/%E8%8C%B6/', '/茶/'],
  ['https://tea.example/100%', '/100%'],
  ['https://tea.example/%FF/%E4%ZZ?q=%', '/%FF/%E4%ZZ?q=%'],
  ['https://tea.example/a%2Fb', '/a%2Fb'],
  ['', ''],
])('shows the path of %s as %s, whatever the visitor’s page sends', (url, shown) => expect(pathOf(url)).toBe(shown))

it.each([['https://tea.example:8443/a', 'tea.example:8443'], ['weixin', 'weixin'], ['', '']])('takes the host of %s', (url, host) =>
  expect(hostOf(url)).toBe(host),
)

it('never counts below nothing where the clocks differ', () => expect(dwell(page(null), now - 3_600_000, true)).toBe(0))
