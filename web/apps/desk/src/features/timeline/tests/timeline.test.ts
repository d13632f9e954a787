import type { TimelineItem } from '@kezhan/api'
import { screen } from '@testing-library/vue'
import { beforeEach, expect, it } from 'vitest'
import { press } from '../../../tests/hands'
import { me, net, place, settled } from '../../../tests/stage'
import TimelinePane from '../components/TimelinePane.vue'

const item = (kind: TimelineItem['kind'], more: Partial<TimelineItem> = {}): TimelineItem => ({ id: kind, kind, at: '2026-03-02T08:00:00.000Z', ...more })
const items = [
  item('rated', { csat: 2, text: '太慢' }),
  item('tagged', { tag_id: 'a', by: '林晚晴' }),
  item('edited', { fields: ['tier', 'owner_id'], labels: ['积分'] }),
  item('visited', { what: 'search', count: 3, text: '春茶', at: '2026-03-01T08:00:00.000Z' }),
  item('merged', { text: '小李', at: '2026-03-01T07:00:00.000Z' }),
]

beforeEach(() => {
  net.answers('workspacesGetMe', me({ permissions: ['contact.read', 'conversation.read'] }))
  net.answers('tagsList', { items: [{ id: 'a', name: '高价值', colour: 'ink', group: '', for_contacts: true, for_conversations: true, pinyin: '', initials: '', version: 1, archived: false, merged_into: null }], manages: false, limit: 1000 })
  net.answersIfSilent('channelsKinds', { items: [] })
  net.answers('timelineGet', { items, next: 'more' })
  net.answers('timelineFigures', { conversations: 12, recent: 3, messages: 1204, first_at: '2025-01-02T08:00:00.000Z', last_at: '2026-03-02T08:00:00.000Z', channel: 'wechat_oa', tags: ['a', 'gone'], rated: 2, csat: 4 })
})

it('tells each thing in words, day by day, and goes on where there is more', async () => {
  const scene = await place(TimelinePane, { contactId: 'c1' }, { lineOpen: false })
  await settled()
  expect(screen.getAllByRole('heading').length).toBe(2)
  for (const words of ['满意度 2/5 · 太慢', '添加标签 高价值', '林晚晴', '修改资料：客户等级、专属客服和积分', '访问网站 · 搜索引擎', '3 页 · 春茶']) expect(screen.getByText(words)).toBeTruthy()
  net.answers('timelineGet', { items: [item('noted', { text: '要发票' })], next: null })
  await press(scene, '更早的动态')
  await settled()
  expect(screen.getByText('要发票')).toBeTruthy()
  const figures = screen.getByRole('region', { name: '数据概览' }).textContent
  for (const words of ['会话12', '近 30 天3', '客户消息1,204', '最近评价4/5（共 2 次）', '常见标签高价值']) expect(figures).toContain(words)
  expect(net.asked('timelineGet').at(-1)!.query).toMatchObject({ after: 'more', limit: '30' })
  expect(screen.queryByRole('button', { name: '更早的动态' })).toBeNull()
})
