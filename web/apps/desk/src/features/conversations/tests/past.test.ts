import type { Head, History, Stretch } from '@kezhan/api'
import { screen } from '@testing-library/vue'
import { describe, expect, it } from 'vitest'
import { net, settled } from '../../../tests/stage'
import { told } from '../../orders/told'
import { remaining } from '../merging'
import { joined } from '../past'
import { message } from './fixtures'
import { openMessages } from './scene'

const stretch = (id: string, from: number, to: number, more: Partial<Stretch> = {}): Stretch => ({
  conversation: {
    id, account_id: 'a1', channel: 'webchat', state: 'closed', opened_at: `2026-03-0${id.slice(1)}T08:00:00.000Z`, closed_at: null,
    assignee_id: null, assignee_name: '周子安', last_seq: to, delivered_seq: 0, read_seq: 0, merged_into: null, wrap_up: null,
  },
  messages: Array.from({ length: to - from + 1 }, (_, at) => message(from + at, { body: `${id}.${from + at}` })),
  hidden_before: false,
  hidden_after: false,
  ...more,
})
const gist = (stretches: readonly Stretch[]): string => stretches.flatMap(({ messages }) => messages.map(({ body }) => body)).join(' ')

describe('two pages of the past', () => {
  it.each([
    [[stretch('p1', 1, 2)], [stretch('p2', 1, 1)], 2, 'p1.1 p1.2 p2.1'],
    [[stretch('p1', 1, 2)], [stretch('p1', 3, 4), stretch('p2', 1, 1)], 2, 'p1.1 p1.2 p1.3 p1.4 p2.1'],
    [[stretch('p1', 1, 3)], [stretch('p1', 3, 4)], 1, 'p1.1 p1.2 p1.3 p1.4'],
    [[], [stretch('p1', 1, 1)], 1, 'p1.1'],
  ])('are one, without a hole or a double', (upper, lower, conversations, said) => {
    const whole = joined(upper, lower)
    expect(whole).toHaveLength(conversations)
    expect(gist(whole)).toBe(said)
  })

  it('keep what is hidden before the first of the two parts', () => {
    expect(joined([stretch('p1', 1, 2, { hidden_before: true })], [stretch('p1', 3, 3, { hidden_after: true })])[0]).toMatchObject({ hidden_before: true, hidden_after: true })
  })
})

describe('above a conversation', () => {
  it('stands what was said before, and a closed line for what is not to be seen', async () => {
    net.answers('conversationsHistory', { items: [stretch('p1', 1, 2, { hidden_before: true })], more: false } as History)
    await openMessages([message(1, { body: '现在' })])
    await settled()
    const log = screen.getByRole('log')
    expect(log.textContent!.indexOf('p1.2')).toBeLessThan(log.textContent!.indexOf('现在'))
    expect(screen.getAllByText('你无权查看')).toHaveLength(1)
    expect(screen.getByText('周子安 接待')).toBeTruthy()
    expect(net.asked('conversationsHistory')[0]?.query).toMatchObject({ conversation_id: 'c1', before: '1' })
  })

  it('says what went wrong and is tried again', async () => {
    net.refuses('conversationsHistory', { status: 503, code: 'kit.busy', title: '服务器忙' })
    const { user } = await openMessages([message(1)])
    await settled()
    expect(screen.getByRole('alert').textContent).toContain('服务器忙')
    net.answers('conversationsHistory', { items: [stretch('p1', 1, 1)], more: false } as History)
    await user.click(screen.getByText('重试'))
    await settled()
    expect(screen.getByText('p1.1')).toBeTruthy()
  })
})

describe('a message far back', () => {
  it('is gone to straight, and from there back to the latest', async () => {
    const far = { items: [stretch('p1', 4980, 5000)], more: true } as History
    net.answers('conversationsHistory', ({ query }) => (query['after'] ? { items: [], more: false } : query['conversation_id'] === 'p1' ? far : ({ items: [], more: true } as History)))
    const { user } = await openMessages([message(1, { body: '现在' })], { path: '/conversations/mine/c1?seq=4990&of=p1' })
    await settled()
    expect(screen.getByText('p1.4990')).toBeTruthy()
    expect(screen.queryByText('现在')).toBeNull()
    expect(net.asked('conversationsHistory').length).toBeLessThanOrEqual(4)
    expect(net.asked('conversationsHistory').map(({ query }) => [query['conversation_id'], query['before']])).toContainEqual(['p1', '5010'])
    await user.click(screen.getByText('回到最新'))
    await settled()
    expect(screen.getByText('现在')).toBeTruthy()
    expect(screen.queryByText('p1.4990')).toBeNull()
  })
})

const head = (id: string, channel: string, state: Head['state'], opened_at: string): Pick<Head, 'id' | 'channel' | 'state' | 'opened_at'> => ({ id, channel, state, opened_at })
it.each([
  [head('a', 'webchat', 'queued', '2'), head('b', 'telegram', 'assigned', '1'), 'a', true],
  [head('a', 'telegram', 'queued', '1'), head('b', 'wechat_oa', 'assigned', '2'), 'b', false],
  [head('a', 'telegram', 'assigned', '2'), head('b', 'wechat_oa', 'assigned', '1'), 'b', false],
  [head('a', 'webchat', 'queued', '1'), head('b', 'webchat', 'queued', '2'), 'a', false],
])('of two that are merged the one on her screen remains, else the served, else the older', (one, other, preferred, bound) => {
  expect(remaining([one, other])).toEqual({ preferred, bound })
})

it('an order is told in one line', () => {
  const t = (_: string, { number }: Record<string, unknown>): string => `订单 ${String(number)}`
  const order = { number: 'T1', status: '已发货', placed_at: null, total: '¥38', url: '', items: [{ name: '龙井', quantity: 2 }, { name: '单丛', quantity: 1 }] }
  expect(told(order, t)).toBe('订单 T1 · 已发货 · 龙井 × 2、单丛 · ¥38')
  expect(told({ ...order, items: [], total: '', status: '' }, t)).toBe('订单 T1')
})
