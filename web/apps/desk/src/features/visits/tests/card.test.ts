import type { PageOut, VisitOut, VisitorCard } from '@kezhan/api'
import { screen, within } from '@testing-library/vue'
import { expect, it, vi } from 'vitest'
import { nextTick, reactive } from 'vue'
import { net, place, settled, type Scene } from '../../../tests/stage'
import { VisitorTrail } from '..'

const visitOf = (more: Partial<VisitOut> = {}): VisitOut => ({
  id: 'v1', address: '203.0.113.9', browser: 'Chrome 140', system: 'Windows', device: 'desktop', device_key: '', language: 'zh-CN', time_zone: 'Asia/Shanghai',
  screen: '1920×1080', referrer: 'https://www.search.example/q', source: 'search', search_word: '明前龙井', utm: null,
  started_at: '2026-11-22T08:00:00.000Z', seen_at: '2026-11-22T08:05:00.000Z', ended_at: null, ...more,
})
const pageOf = (url: string, more: Partial<PageOut> = {}): PageOut => ({
  visit_id: 'v1', url, title: '', entered_at: '2026-11-22T08:00:00.000Z', dwell_ms: 5000, ...more,
})
const cardOf = (more: Partial<VisitorCard> = {}): VisitorCard => ({
  contact_id: 'c1', visits: 3, first_seen_at: '2026-10-01T08:00:00.000Z', visit: visitOf(), pages: [], ...more,
})
const show = (card: VisitorCard, props: Record<string, unknown> = {}, language: 'zh-CN' | 'en' = 'zh-CN'): Promise<Scene> => {
  net.answers('visitsCard', card)
  return place(VisitorTrail, { contactId: 'c1', ...props }, { lineOpen: false, language })
}
const fact = (name: string): string | null | undefined => screen.queryByText(name, { selector: 'dt' })?.nextElementSibling?.textContent

it('tells where she came from, with what and how often', async () => {
  await show(cardOf())
  expect([fact('来源'), fact('搜索词'), fact('设备'), fact('IP 地址'), fact('语言'), fact('来访次数')]).toEqual([
    '搜索引擎 · www.search.example', '明前龙井', '电脑 · Windows · Chrome 140', '203.0.113.9', '中文（中国） · Asia/Shanghai', '3 次',
  ])
  expect(net.asked('visitsCard')[0]?.path).toEqual({ contact_id: 'c1' })
})

it('says so in English too', async () => {
  await show(cardOf(), {}, 'en')
  expect(screen.getByText('Search · www.search.example')).toBeTruthy()
})

it('leaves out what is not known instead of showing an empty line', async () => {
  await show(cardOf({ first_seen_at: null, visit: visitOf({ source: 'direct', referrer: '', search_word: '', address: '', screen: '', language: '', time_zone: '' }) }))
  expect(fact('来源')).toBe('直接访问')
  for (const name of ['推广', '搜索词', '来路', '屏幕', 'IP 地址', '语言', '首次来访']) expect(screen.queryByText(name)).toBeNull()
})

it('writes a campaign in one line, without the parts it lacks', async () => {
  await show(cardOf({ visit: visitOf({ source: 'campaign', utm: { source: 'wechat', medium: '', campaign: '双十一', content: 'a' } }) }))
  expect(fact('推广')).toBe('wechat / 双十一 / a')
})

it.each(['desktop', 'phone', 'tablet', 'bot', 'other'] as const)('has a word for the device %s', async (device) => {
  await show(cardOf({ visit: visitOf({ device, system: '', browser: '' }) }))
  expect(fact('设备')).toMatch(/^[\u4e00-\u9fff]+$/)
})

it('says that nothing is known of somebody who never was on the site', async () => {
  await show(cardOf({ visit: null, visits: 0, first_seen_at: null }))
  expect(screen.getByText('没有网站来访记录。')).toBeTruthy()
  expect(screen.queryByText('浏览轨迹')).toBeNull()
})

it('lists the pages with title, path and time spent', async () => {
  await show(cardOf({ pages: [pageOf('https://tea.example/cart', { title: '购物车', dwell_ms: 75_000 }), pageOf('https://tea.example/%E8%8C%B6?x=1')] }))
  const rows = screen.getAllByRole('listitem')
  expect(rows.map((row) => within(row).getByTitle('停留时间').textContent)).toEqual(['1:15', '5 秒'])
  expect(within(rows[0]!).getByText('购物车')).toBeTruthy()
  expect(within(rows[0]!).getByRole('link').getAttribute('href')).toBe('https://tea.example/cart')
  expect(within(rows[1]!).getAllByText('/茶?x=1')).toHaveLength(2)
})

it('opens pages apart from the desk, and tells the site nothing', async () => {
  await show(cardOf({ pages: [pageOf('https://tea.example/cart')] }))
  const link = screen.getByRole('link')
  expect([link.getAttribute('target'), link.getAttribute('rel')]).toEqual(['_blank', 'noopener noreferrer nofollow'])
})

it('makes no link of an address that is not of the web, and names a page that told none', async () => {
  await show(cardOf({ pages: [pageOf('javascript:alert(1)', { title: '假页面' }), pageOf('')] }))
  expect(screen.queryByRole('link')).toBeNull()
  expect([screen.getByText('假页面'), screen.getByText('未知页面')]).toHaveLength(2)
})

it('stays whole where a page has an address that cannot be decoded', async () => {
  await show(cardOf({ pages: [pageOf('https://tea.example/100%'), pageOf('https://tea.example/ok')] }))
  expect(screen.getAllByRole('listitem')).toHaveLength(2)
})

it('counts on for the page she is on, only while she is there', async () => {
  const entered_at = new Date(Date.now() - 65_000).toISOString()
  const pages = [pageOf('https://tea.example/now', { entered_at, dwell_ms: null })]
  const here = await show(cardOf({ pages }), { online: true })
  expect(screen.getByTitle('停留时间').textContent).toMatch(/^1:0\d$/)
  here.unmount()
  await show(cardOf({ pages }), { online: false })
  expect(screen.getByTitle('停留时间').textContent).toBe('')
})

it('reads afresh when she comes or goes', async () => {
  const props = reactive({ contactId: 'c1', online: false })
  net.answers('visitsCard', cardOf({ visit: null }))
  await place(VisitorTrail, props, { lineOpen: false })
  net.answers('visitsCard', cardOf())
  props.online = true
  await nextTick()
  await settled()
  expect(fact('来源')).toContain('搜索引擎')
  expect(net.asked('visitsCard')).toHaveLength(2)
})

it('says why it cannot be read, and reads it when asked again', async () => {
  net.refuses('visitsCard', { status: 503, code: 'kit.busy', title: '系统正忙，请稍后重试。' })
  const { user } = await place(VisitorTrail, { contactId: 'c1' }, { lineOpen: false })
  expect(screen.getByRole('alert').textContent).toContain('系统正忙')
  net.answers('visitsCard', cardOf())
  await user.click(screen.getByRole('button', { name: '重试' }))
  await settled()
  expect(screen.queryByRole('alert')).toBeNull()
  expect(fact('来访次数')).toBe('3 次')
})

it('shows that it is reading when that takes long, and nothing before', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  net.holds('visitsCard')
  const scene = place(VisitorTrail, { contactId: 'c1' }, { lineOpen: false })
  await vi.advanceTimersByTimeAsync(10)
  await scene
  expect(screen.queryByText('正在读取')).toBeNull()
  await vi.advanceTimersByTimeAsync(200)
  expect(screen.getByText('正在读取')).toBeTruthy()
})
