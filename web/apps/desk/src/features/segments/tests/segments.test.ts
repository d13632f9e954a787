import type { Segment } from '@kezhan/api'
import { screen } from '@testing-library/vue'
import { beforeEach, expect, it } from 'vitest'
import { alerts, press, problem } from '../../../tests/hands'
import { me, net, place, settled } from '../../../tests/stage'
import SegmentPeople from '../components/SegmentPeople.vue'
import SegmentsPage from '../pages/SegmentsPage.vue'

const vip: Segment = { id: 's1', name: '金牌客户', description: '年费会员', filter: { v: 1, join: 'all', groups: [{ join: 'all', conditions: [{ is: 'any_of', field: 'tier', values: ['VIP'] }] }] }, hidden: false, version: 1, archived: false, updated_at: '2026-01-01T00:00:00.000Z' }
const hidden: Segment = { ...vip, id: 's2', name: '有证件', filter: null, hidden: true }
const old: Segment = { ...vip, id: 's3', name: '旧分群', archived: true }

beforeEach(() => {
  net.answers('workspacesGetMe', me({ permissions: ['contact.read', 'segment.manage'] }))
  net.answers('segmentsList', { items: [vip, hidden, old], manages: true, limit: 100 })
  net.answers('segmentsCount', { items: [{ id: 's1', count: 1204 }], at: '2026-01-01T00:00:00.000Z' })
})

it('tells how many are in each, counts none it may not test, and offers no change of it', async () => {
  await place(SegmentsPage, {}, { lineOpen: false })
  await settled()
  expect(screen.getByText('1,204 位客户 · 年费会员')).toBeTruthy()
  expect(screen.getByText('条件涉及对你脱敏的内容 · 年费会员')).toBeTruthy()
  expect(net.asked('segmentsCount').map(({ query }) => query)).toEqual([{ ids: 's1' }])
  expect(screen.queryByRole('button', { name: '修改“有证件”' })).toBeNull()
  expect(screen.getByRole('button', { name: '恢复“旧分群”' })).toBeTruthy()
})

it('archives one, and says why where it cannot be', async () => {
  const scene = await place(SegmentsPage, {}, { lineOpen: false })
  await settled()
  net.answers('segmentsArchive', { ...vip, archived: true })
  await press(scene, '归档“金牌客户”')
  await settled()
  expect(net.asked('segmentsArchive')[0]!.path).toEqual({ segment_id: 's1' })
})

it('shows who fits page by page, and the refusal of what it may not test', async () => {
  const person = { id: 'p1', number: '000123', name: '王小姐', email: null, phone: null, language: null, tier: 'VIP', owner_id: null, created_at: '2026-01-01T00:00:00.000Z' }
  net.answers('segmentsPreview', { count: 2, items: [person], next: 'more' })
  const scene = await place(SegmentPeople, { filter: vip.filter! }, { lineOpen: false })
  await new Promise((done) => setTimeout(done, 450))
  await settled()
  expect(screen.getByText('2 位客户')).toBeTruthy()
  net.answers('segmentsPreview', { count: null, items: [{ ...person, id: 'p2', name: '李先生' }], next: null })
  await press(scene, '显示更多')
  await settled()
  expect(screen.getAllByRole('listitem').length).toBe(2)
  expect(net.asked('segmentsPreview').at(-1)!.query).toEqual({ after: 'more', limit: '10' })
})

it('says why nobody is shown', async () => {
  net.refuses('segmentsPreview', problem(403, 'segments.masked', '这个条件会透露你看不到的脱敏内容。'))
  await place(SegmentPeople, { filter: vip.filter! }, { lineOpen: false })
  await new Promise((done) => setTimeout(done, 450))
  await settled()
  expect(alerts()).toEqual(['这个条件会透露你看不到的脱敏内容。'])
})
