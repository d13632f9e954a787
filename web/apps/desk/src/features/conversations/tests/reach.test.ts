import type { Message, ReachView } from '@kezhan/api'
import { fireEvent, screen, within } from '@testing-library/vue'
import { describe, expect, it } from 'vitest'
import { press, problem } from '../../../tests/hands'
import { agentMay, net, settled, soon, type Scene } from '../../../tests/stage'
import { reachAt } from '../reach'
import { changed, head, ME, message } from './fixtures'
import { openThread } from './scene'

const HOUR = 3600_000
const kf = head({ channel: 'wechat_kf' })
const inHours = (hours: number): string => new Date(Date.now() + hours * HOUR + 30_000).toISOString()
const reach = (more: Partial<ReachView> = {}): ReachView => ({
  adapter: 'wechat_kf', sends: ['text', 'file'], text_length: 2048, text_unit: 'bytes', windowed: true, open: true, ends_at: inHours(31), allowed: 5, left: 2, templates: false, working: true, ...more,
})
const own = (seq: number, more: Partial<Message> = {}): Message => message(seq, { author: { kind: 'agent', id: ME, name: '小林' }, ...more })
const field = (): HTMLTextAreaElement => screen.getByRole<HTMLTextAreaElement>('textbox', { hidden: true })
const send = (): HTMLButtonElement => screen.getByRole('button', { name: '发送' })
const told = (): string => document.getElementById('composer-reach')?.textContent.trim() ?? ''

function talk(view: Partial<ReachView> = {}, messages: Message[] = [message(1)]): Promise<Scene> {
  net.answers('channelsReach', reach(view))
  net.answersIfSilent('channelsKinds', { items: [{
    name: 'wechat_kf', label: '微信客服', help: '', settings: {}, secrets: null, makes_secret: false, experimental: false, testable: true,
    capabilities: {
      receives: ['text'], sends: ['text', 'file'], text_length: 2048, text_unit: 'bytes', file_bytes: 20_000_000, files: { 'image/*': 2_000_000 },
      quote: false, edit: false, recall: false, closing: false, receipts: false, typing: false, templates: false, cards: false, places: true, persons: false, window: { seconds: 172_800, messages: 5 },
    },
  }] })
  return openThread(messages, { snapshot: { head: kf } })
}


describe('above the composer stands', () => {
  it.each<[string, Partial<ReachView>, string]>([
    ['how often and how long', {}, '还可回复 2 条 · 31 小时后关闭'],
    ['how long, where one may write as often as one likes', { allowed: null, left: null }, '31 小时后关闭'],
    ['how often, where time ends nothing', { ends_at: null }, '还可回复 2 条'],
    ['the minutes of the last hour', { ends_at: inHours(0.5), left: null }, '30 分钟后关闭'],
    ['the last minute', { ends_at: new Date(Date.now() + 40_000).toISOString(), left: null }, '不到 1 分钟后关闭'],
    ['that the time is over', { open: false, ends_at: inHours(-1) }, '窗口已关闭：需等客户再次发消息'],
    ['that all has been said', { open: false, left: 0 }, '可回复条数已用完：需等客户再次发消息'],
    ['that the connection is broken', { working: false }, '渠道连接异常，消息会在恢复后发出'],
    ['nothing, where nothing ends', { windowed: false, ends_at: null, left: null }, ''],
  ])('%s', async (_, view, words) => {
    await talk(view)
    expect(told()).toBe(words)
  })

  it('nothing of our own chat, of which nobody asks', async () => {
    await openThread([message(1)])
    expect([told(), net.asked('channelsReach')]).toEqual(['', []])
  })

  it('nothing where the server does not know', async () => {
    net.refuses('channelsReach', problem(404, 'channels.not_found', '没有找到这个渠道。'))
    await openThread([message(1)], { snapshot: { head: kf } })
    await fireEvent.update(field(), '有的')
    expect([told(), send().disabled]).toEqual(['', false])
  })
})

it('ends by the clock', () => {
  const view = reach({ ends_at: '2026-11-22T12:00:00.000Z' })
  const at = (time: string): unknown => [reachAt(view, Date.parse(time)).closed, reachAt(view, Date.parse(time)).seconds]
  expect([at('2026-11-22T11:59:58.000Z'), at('2026-11-22T12:00:00.000Z'), at('2026-11-22T13:00:00.000Z')]).toEqual([[false, 2], [true, 0], [true, 0]])
  expect(reachAt(undefined, 0)).toEqual({ view: undefined, closed: false, seconds: null })
})

describe('while the customer has to write first', () => {
  it('nothing can be sent, by the button or the key, and why is read out', async () => {
    const { user } = await talk({ open: false, left: 0 })
    await user.click(field())
    await user.keyboard('有的{Enter}')
    expect([net.saidOf('send'), field().value, send().disabled, send().getAttribute('aria-describedby'), field().getAttribute('aria-describedby')]).toEqual([
      [], '有的', true, 'composer-reach', 'composer-reach',
    ])
  })

  it('notes can be written', async () => {
    const { user } = await talk({ open: false, left: 0 })
    await user.click(screen.getByRole('switch', { name: '内部备注' }))
    await user.click(field())
    await user.keyboard('等她回来{Enter}')
    expect([net.saidOf('send').map(({ kind, body }) => ({ kind, body })), told()]).toEqual([[{ kind: 'note', body: '等她回来' }], ''])
  })

  it('her next message opens it again', async () => {
    await talk({ open: false, left: 0 })
    net.answers('channelsReach', reach({ left: 5 }))
    net.tell(changed(1, 2, { messages: [message(2)] }))
    await soon(() => expect(told()).toBe('还可回复 5 条 · 31 小时后关闭'))
  })
})

it('asks again when a reply has gone out, and once more when the platform has it', async () => {
  await talk()
  net.tell(changed(1, 2, { messages: [own(2)] }))
  await soon(() => expect(net.asked('channelsReach')).toHaveLength(2))
  net.answers('channelsReach', reach({ left: 1 }))
  net.tell({ type: 'reach', conversation_id: kf.id })
  await soon(() => expect(told()).toBe('还可回复 1 条 · 31 小时后关闭'))
  net.tell({ type: 'reach', conversation_id: 'another' })
  await settled()
  expect(net.asked('channelsReach')).toHaveLength(3)
})

describe('a file that goes as a link', () => {
  const add = async (...files: File[]): Promise<void> => {
    await fireEvent.paste(field(), { clipboardData: { files } })
    await settled()
  }
  const tags = (): boolean[] => within(screen.getByRole('list', { name: '待发送的文件' })).getAllByRole('listitem').map((item) => item.textContent.includes('以链接发送'))

  it.each<[string, Partial<ReachView>, boolean[]]>([
    ['by its type', {}, [true, false]],
    ['where the channel takes none', { sends: ['text'] }, [true, true]],
  ])('is marked before it is sent, %s', async (_, view, marked) => {
    await talk(view)
    await add(new File(['%PDF'], '价目.pdf', { type: 'application/pdf' }), new File(['x'], '茶.png', { type: 'image/png' }))
    expect(tags()).toEqual(marked)
  })
})

describe('a message that has not arrived', () => {
  const failed = [message(1), own(2, { fault: 'window_closed' }), own(3)]
  const manager = { permissions: [...agentMay, 'channel.manage' as const] }
  const bubble = (seq: number): HTMLElement => screen.getByRole('log').querySelector<HTMLElement>(`[data-seq="${seq}"]`)!

  it('says so and why, wherever it stands', async () => {
    await openThread(failed)
    expect([bubble(2).textContent.includes('没有发出'), bubble(2).textContent.includes('超出可回复时间，需等客户再次发消息'), bubble(3).textContent.includes('没有发出')]).toEqual([true, true, false])
    expect(screen.queryByRole('button', { name: '重发' })).toBeNull()
  })

  it('says something of a fault that it does not know', async () => {
    await openThread([own(1, { fault: 'brand_new' })])
    expect(bubble(1).textContent).toContain('平台拒绝了这条消息')
  })

  it('can be sent again by those who manage channels', async () => {
    const scene = await openThread(failed, { me: manager })
    net.answers('channelsResend', {} as never)
    await press(scene, '重发')
    expect(net.asked('channelsResend').map(({ path }) => path)).toEqual([{ conversation_id: 'c1', seq: '2' }])
    net.tell(changed(3, 4, { messages: [own(2, { rev: 4, fault: '' })] }))
    await settled()
    expect([bubble(2).textContent.includes('没有发出'), screen.queryByRole('button', { name: '重发' })]).toEqual([false, null])
  })

  it('says why it cannot be sent again', async () => {
    const scene = await openThread(failed, { me: manager })
    net.refuses('channelsResend', problem(409, 'channels.nothing_to_send', '没有可发送的内容。'))
    await press(scene, '重发')
    expect(screen.getByText('没有可发送的内容。')).toBeTruthy()
  })

  it('says nothing once it is recalled', async () => {
    await openThread([own(1, { fault: 'permanent', recalled_at: '2026-11-22T08:02:00.000Z' })])
    expect(bubble(1).textContent).not.toContain('平台拒绝')
  })
})
