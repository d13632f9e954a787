import type { Trace } from '@kezhan/api'
import { screen, within } from '@testing-library/vue'
import { describe, expect, it } from 'vitest'
import { defineComponent, h, reactive } from 'vue'
import { head } from '../../conversations/tests/fixtures'
import { press, problem } from '../../../tests/hands'
import { net, place, settled, soon } from '../../../tests/stage'
import TracePanel from '../components/TracePanel.vue'
import { countReasons, kindOf } from '../story'
import { decision, looked, step, trace } from './fixtures'

const lines = (): string[] => screen.getAllByRole('listitem').map((item) => item.textContent ?? '')
async function why(told: Trace, { automatic = true, language = 'zh-CN' as 'zh-CN' | 'en' } = {}): Promise<void> {
  net.answers('routingGetTrace', told)
  net.answers('routingGetSettings', { automatic } as never)
  await place(TracePanel, { head: head() }, { language })
  await settled()
}

describe('the sentence of a step', () => {
  it.each([
    ['enqueued', '', 'enqueued'], ['enqueued', 'sent_to_team', 'sent'], ['enqueued', 'released', 'released'], ['enqueued', 'unanswered', 'unanswered'],
    ['enqueued', 'seat_gone', 'seatGone'], ['enqueued', 'returned', 'cameBack'], ['accepted', 'automatic', 'automatic'], ['accepted', 'offer', 'accepted'],
    ['accepted', 'taken', 'taken'], ['accepted', 'given', 'given'], ['transferred', 'taken', 'takenOver'], ['transferred', 'given', 'transferred'],
    ['abandoned', 'left', 'abandoned'], ['abandoned', 'chose', 'chose'], ['returned', 'taken', 'returned'], ['closed', '', 'closed'], ['of a newer server', '', 'other'],
  ])('%s (%s) is %s', (kind, reason, found) => expect(kindOf({ kind, reason })).toBe(found))
})

it('counts reasons, of skills each by itself, with the seats that are not named', () => {
  const seats = [looked('周小满'), looked('a', 'full'), looked('b', 'lacks_skill', { lacks: 'k1' }), looked('c', 'lacks_skill', { lacks: 'k2' }), looked('d', 'full'), looked('e', 'on_break', { reason: '午饭' })]
  expect(countReasons(decision(seats, { others: { full: 40, offline: 3 } }))).toEqual([
    { why: 'full', what: '', count: 42 },
    { why: 'offline', what: '', count: 3 },
    { why: 'lacks_skill', what: 'k1', count: 1 },
    { why: 'lacks_skill', what: 'k2', count: 1 },
    { why: 'on_break', what: '午饭', count: 1 },
  ])
})

describe('the story', () => {
  const seats = [looked('周小满'), looked('a', 'full'), looked('b', 'full'), looked('c', 'full'), looked('d', 'on_break', { reason: '午饭' }), looked('e', 'lacks_skill', { lacks: 'k1' }), looked('f', 'lacks_skill', { lacks: 'k1' })]
  const told = trace(
    [
      step('enqueued', { rule: 'VIP', version: 3, queue: '高级组' }),
      step('accepted', { member: '周小满', reason: 'automatic', rule: 'VIP', version: 3, waited_ms: 42_000, decision: decision(seats, { by: 'least_loaded' }) }),
    ],
    { skills: { k1: '英语' } },
  )

  it('tells what happened, by which rule, and why the chosen one', async () => {
    await why(told)
    expect(lines()[0]).toContain('进入排队高级组 · 规则“VIP”v3')
    expect(lines()[1]).toContain('分配给 周小满规则“VIP”v3 · 等了 42 秒')
    expect(screen.getByText('负载最低 2/5；另外 3 人已满，2 人缺少技能“英语”，1 人小休（午饭）')).toBeTruthy()
  })

  it('tells it in English', async () => {
    await why(told, { language: 'en' })
    expect(screen.getByText('lowest load 2/5; besides: 3 full, 2 without the skill “英语”, 1 on a break (午饭)')).toBeTruthy()
  })

  it('unfolds every seat that was looked at', async () => {
    await why(told)
    const fold = screen.getByText(/查看 7 个坐席/).closest('details')!
    expect(within(fold).getAllByRole('listitem').map((item) => item.textContent?.replace(/\s+/g, ' ').trim())).toEqual([
      '周小满2/5被选中', 'a2/5已满', 'b2/5已满', 'c2/5已满', 'd2/5小休（午饭）', 'e2/5缺少“英语”', 'f2/5缺少“英语”',
    ])
  })

  it('does not break over reasons, orders and steps of a newer server', async () => {
    await why(trace([step('teleported', { decision: decision([looked('a', 'asleep' as never), looked('b')], { by: 'star_sign' }) })]))
    expect(screen.getByText('其他变化')).toBeTruthy()
    expect(screen.getByText('唯一有空的坐席，接待 2/5；另外 1 人因其他原因')).toBeTruthy()
  })

  it('says that there is none, where reception had no part in it', async () => {
    await why(trace([]))
    expect(screen.getByText('没有分配记录')).toBeTruthy()
  })

  it('says why it cannot be read, and is read when asked again', async () => {
    net.refuses('routingGetTrace', problem(404, 'conversations.not_found', '会话不存在，或您无权查看。'))
    const scene = await place(TracePanel, { head: head() })
    expect((await screen.findByRole('alert')).textContent).toContain('会话不存在')
    net.answers('routingGetTrace', told)
    await press(scene, '重试')
    await soon(() => expect(lines()[0]).toContain('进入排队'))
  })

  it('goes on when the conversation does', async () => {
    net.answers('routingGetTrace', trace([step('enqueued')]))
    const shown = reactive({ head: head({ rev: 1 }) })
    await place(defineComponent(() => () => h(TracePanel, { head: shown.head })))
    net.answers('routingGetTrace', trace([step('enqueued'), step('closed')]))
    shown.head = head({ rev: 2 })
    await soon(() => expect(lines()).toHaveLength(2))
  })
})

describe('why nobody has it yet', () => {
  const waiting = (more: Partial<Trace> = {}): Trace =>
    trace([step('enqueued')], { state: 'waiting', place: 3, rule: 'VIP', now: decision([looked('a', 'full'), looked('b', 'busy'), looked('c', 'full')]), ...more })
  const card = (): string => screen.getByText(/排在第|正在|现在不是/).closest('section')?.textContent ?? ''

  it('tells the place, the rule and the reasons together', async () => {
    await why(waiting())
    for (const text of ['排在第 3 位', '规则“VIP”', '没有空闲坐席，因为：', '2 人已满', '1 人忙碌']) expect(card()).toContain(text)
  })

  it.each<[string, Partial<Trace>, boolean, string]>([
    ['in whose reach is nobody', { now: decision([]) }, true, '没有人可以接待它：范围内没有坐席。'],
    ['for whom somebody is free', { now: decision([looked('周小满')]) }, true, '周小满 有空，即将分配。'],
    ['where all is taken by hand', { now: decision([looked('周小满')]) }, false, '自动分配已关闭，请手动接入。'],
    ['whose customer has left a message', { steps: [step('enqueued'), step('abandoned', { reason: 'left' })] }, true, '客户已留言'],
    ['that is being offered', { state: 'offered', steps: [step('offered', { member: '林晚晴' }), step('missed'), step('offered', { member: '周小满' })] }, true, '正在邀请 周小满'],
    ['outside business hours', { state: 'closed', opens_at: '2026-11-23T01:00:00.000Z' }, true, '开始分配'],
    ['of a place that never opens', { state: 'closed' }, true, '现在不是工作时间'],
  ])('of one %s', async (_, more, automatic, text) => {
    await why(waiting(more), { automatic })
    await soon(() => expect(card()).toContain(text))
  })

  it('is followed while it is shown, and read again when a seat has changed', async () => {
    await why(waiting())
    expect(net.saidOf('follow').at(-1)?.topics).toEqual(['reception'])
    net.answers('routingGetTrace', waiting({ place: 1 }))
    net.tell({ type: 'stale', topic: 'visitors' })
    await settled()
    expect(card()).toContain('第 3 位')
    net.tell({ type: 'stale', topic: 'reception' })
    await soon(() => expect(card()).toContain('第 1 位'))
  })

  it('is not followed where somebody has it', async () => {
    await why(trace([step('enqueued')]))
    expect(net.saidOf('follow')).toEqual([])
  })
})
