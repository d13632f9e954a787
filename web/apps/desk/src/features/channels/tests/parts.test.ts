import type { ChannelView, DeliveryView, InboxView } from '@kezhan/api'
import { fireEvent, screen, within } from '@testing-library/vue'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import { alerts, beside, button, choose, field, press, problem, write } from '../../../tests/hands'
import { net, place, settled, type Scene } from '../../../tests/stage'
import { snippet } from '../api'
import ChannelDoor from '../components/ChannelDoor.vue'
import ChannelLog from '../components/ChannelLog.vue'
import ChatPreview from '../components/ChatPreview.vue'
import SchemaForm from '../components/SchemaForm.vue'
import { keepFresh, takeFresh } from '../fresh'
import { fieldsOf, valuesOf } from '../schema'
import { channel, open, webchat } from './kinds'

describe('a form drawn from a schema', () => {
  const values = ref<Record<string, unknown>>({})
  const faults = ref<Record<string, string>>({})
  const Form = defineComponent(() => () => [
    h(SchemaForm, { schema: webchat.settings, faults: faults.value, modelValue: values.value, 'onUpdate:modelValue': (now: Record<string, unknown>) => (values.value = now) }),
    h(ChatPreview, { values: values.value, name: '官网' }),
  ])
  const form = (stored: Record<string, unknown> = {}): Promise<Scene> => {
    values.value = valuesOf(fieldsOf(webchat.settings), stored)
    faults.value = {}
    return place(Form, {}, { lineOpen: false })
  }
  const preview = (): HTMLElement => screen.getByRole('figure', { name: '客户看到的样子' })

  it('takes each kind of answer', async () => {
    const scene = await form()
    await write('站点名称', '茶铺')
    await write('欢迎语', '你好')
    await choose(scene, '按钮位置', '左侧')
    await scene.user.click(screen.getByLabelText('英文'))
    await scene.user.click(screen.getByRole('switch', { name: '显示聊天按钮' }))
    expect(values.value).toEqual({
      title: '茶铺', accent: '#1f5c4a', greeting: '你好', languages: ['zh-CN'], position: 'left', launcher: false, origins: [],
    })
  })

  it('holds each field to its length', async () => {
    await form()
    expect([field('站点名称').maxLength, field('欢迎语').maxLength]).toEqual([60, 500])
  })

  it('reads lines as a list, without blanks, while a line is still being typed', async () => {
    const { user } = await form({ origins: ['https://a.example'] })
    expect(field('允许的网站').value).toBe('https://a.example')
    await user.type(field('允许的网站'), '{Enter}{Enter} https://b.example {Enter}')
    expect(values.value.origins).toEqual(['https://a.example', 'https://b.example'])
    expect(field('允许的网站').value).toBe('https://a.example\n\n https://b.example \n')
  })

  it('says beside a field what is wrong with it', async () => {
    await form()
    faults.value = { title: '太长了。' }
    await settled()
    expect([beside('站点名称'), beside('欢迎语')]).toEqual(['太长了。', ''])
  })

  it('takes a colour from the picker, by its code and from those offered', async () => {
    const { user } = await form()
    const picker = screen.getAllByLabelText('主题色').find((input) => (input as HTMLInputElement).type === 'color') as HTMLInputElement
    await fireEvent.update(picker, '#6a45bf')
    expect(values.value.accent).toBe('#6a45bf')
    await user.click(button('红色'))
    expect([values.value.accent, button('红色').getAttribute('aria-pressed'), button('青绿').getAttribute('aria-pressed')]).toEqual(['#b3261e', 'true', 'false'])
    await write('颜色代码', '#00ff00')
    expect([values.value.accent, picker.value]).toEqual(['#00ff00', '#00ff00'])
    await user.click(button('同企业空间'))
    expect([values.value.accent, picker.value, button('同企业空间').getAttribute('aria-pressed')]).toEqual(['', '#1f5c4a', 'true'])
  })

  it('shows at once what customers will see', async () => {
    await form()
    expect(preview().textContent).toContain('官网')
    await write('站点名称', '茶铺')
    await write('欢迎语', '来喝茶')
    expect([within(preview()).getByText('茶铺'), within(preview()).getByText('来喝茶')]).toHaveLength(2)
    expect(preview().textContent).not.toContain('官网')
  })

  it.each([
    ['en', 'Hello', 'Hello'],
    ['en', '', '您好'],
    ['zh-CN', 'Hello', '您好'],
  ] as const)('greets readers of %s with %j for English', async (language, greeting_en, shown) => {
    await place(ChatPreview, { values: { greeting: '您好', greeting_en }, name: '官网' }, { lineOpen: false, language })
    expect(screen.getByText(/^(您好|Hello)$/).textContent).toBe(shown)
  })

  it('says in the picture that the bubble is hidden', async () => {
    const { user } = await form()
    expect(within(preview()).queryByText('聊天按钮已隐藏')).toBeNull()
    await user.click(screen.getByRole('switch', { name: '显示聊天按钮' }))
    expect(within(preview()).getByText('聊天按钮已隐藏')).toBeTruthy()
  })

  it.each(['', '#12', 'red', '#1f5c4a;background:url(x)'])('draws the picture with a whole colour while %s is typed', async (typed) => {
    await form({ accent: typed })
    expect(preview().innerHTML).not.toContain('url(x)')
    expect(preview().innerHTML).toMatch(/#1f5c4a|rgb\(31, 92, 74\)/)
  })
})

describe('the way in', () => {
  const door = (more: Partial<ChannelView>, props: Record<string, unknown> = {}): Promise<Scene> => {
    const one = channel(more)
    return place(ChannelDoor, { channel: one, kind: one.adapter === 'open' ? open : webchat, manages: true, fresh: '', ...props }, { lineOpen: false })
  }

  it('gives a site one line of code with its key, and copies it whole', async () => {
    const copied = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
    const scene = await door({})
    const line = `<script src="${location.origin}/widget.js" data-site="kzp_1" async></script>`
    expect([snippet('kzp_1'), screen.getByLabelText('安装代码').textContent]).toEqual([line, line])
    await press(scene, '复制')
    expect(copied).toHaveBeenCalledExactlyOnceWith(line)
    expect(button('已复制')).toBeTruthy()
  })

  it('gives a platform the whole address it posts to', async () => {
    await door({ adapter: 'open', hook: '/hooks/kzp_1' })
    expect(screen.getByLabelText('地址').textContent).toBe(`${location.origin}/hooks/kzp_1`)
    expect(screen.queryByLabelText('安装代码')).toBeNull()
  })

  it('replaces the secret after asking, and shows the new one once', async () => {
    const scene = await door({ adapter: 'open', hook: '/hooks/kzp_1' })
    net.answers('channelsRotateSecret', { channel: channel(), secret: 'neu-1' })
    await press(scene, '更换密钥')
    expect([screen.getByText(/旧密钥再有效一天，请在这之前/), net.asked('channelsRotateSecret')]).toEqual([expect.anything(), []])
    await press(scene, '更换')
    expect(net.asked('channelsRotateSecret').map(({ path }) => path)).toEqual([{ account_id: 'c1' }])
    expect([screen.getByLabelText('密钥').textContent, screen.getByText('密钥只显示这一次，请现在复制。')]).toEqual(['neu-1', expect.anything()])
    // Replacing twice ends the old one at once, so it is not offered again beside the new one.
    expect(screen.queryByRole('button', { name: '更换密钥' })).toBeNull()
  })

  it('keeps the old secret where the question is answered with no', async () => {
    const scene = await door({})
    await press(scene, '更换密钥')
    await press(scene, '取消')
    expect([net.asked('channelsRotateSecret'), net.unknown]).toEqual([[], []])
  })

  it('says why it was not replaced', async () => {
    const scene = await door({})
    net.refuses('channelsRotateSecret', problem(409, 'channels.archived', '这个渠道已移除，请重新接入一个。'))
    await press(scene, '更换密钥')
    await press(scene, '更换')
    expect([screen.getByText('这个渠道已移除，请重新接入一个。'), button('更换密钥')]).toHaveLength(2)
  })

  it('shows nothing of secrets to those who do not manage channels', async () => {
    await door({ adapter: 'open', hook: '/hooks/kzp_1' }, { manages: false, fresh: 'geheim' })
    expect([screen.queryByText('签名密钥'), screen.queryByText('geheim'), screen.queryByRole('button', { name: '更换密钥' })]).toEqual([null, null, null])
  })

  it('hands a fresh secret over once, to its own channel only', () => {
    keepFresh('c1', 'geheim')
    expect([takeFresh('c2'), takeFresh('c1'), takeFresh('c1')]).toEqual(['', 'geheim', ''])
  })
})

describe('the log', () => {
  const inbox = (id: string, more: Partial<InboxView> = {}): InboxView => ({
    id, dedup_key: `msg-${id}`, state: 'taken', attempts: 1, fault: null, passing: '', pass_fault: null, dismissible: false, delay_ms: 12, received_at: '2026-11-22T08:00:00.000Z', taken_at: '2026-11-22T08:00:00.000Z', ...more,
  })
  const delivery = (id: string, more: Partial<DeliveryView> = {}): DeliveryView => ({
    id, conversation_id: 'k1', what: 'message', seq: 7, state: 'sent', attempts: 2, status: 200, fault: null, reason: '', external_id: null,
    created_at: '2026-11-22T08:00:00.000Z', due_at: null, sent_at: null, may_go_again: true, ...more,
  })
  const log = (which: 'inbox' | 'deliveries'): Promise<Scene> => place(ChannelLog, { id: 'c1', log: which }, { lineOpen: false })
  const row = (text: string): string => screen.getByTitle(text).closest('li')?.textContent ?? ''

  it.each([
    [{}, ['已处理', '用时 12 毫秒']],
    [{ state: 'waiting', delay_ms: null }, ['等待处理']],
    [{ state: 'parked', delay_ms: null, fault: 'no such field' }, ['处理失败', 'no such field']],
    [{ state: 'dismissed', delay_ms: null, fault: 'no such field' }, ['已忽略', 'no such field']],
    [{ passing: 'waiting', pass_fault: 'HTTP 503' }, ['用时 12 毫秒 · 等待转给旧系统']],
    [{ passing: 'failed', pass_fault: 'HTTP 503', dismissible: true }, ['未能转给旧系统 · HTTP 503', '忽略']],
  ] as const)('tells of what came in (%j) how it went', async (more, words) => {
    net.answers('channelsInbox', { items: [inbox('a', more)], next: null })
    await log('inbox')
    for (const word of words) expect(row('msg-a')).toContain(word)
    expect(row('msg-a')).not.toContain('null')
  })

  it.each([
    ['message', 'sent', '消息 #7', '已发出'],
    ['edited', 'waiting', '编辑 #7', '等待处理'],
    ['recalled', 'failed', '撤回 #7', '投递失败'],
    ['closed', 'dropped', '会话结束 #7', '已取消'],
    ['newer', 'unheard', 'newer #7', 'unheard'],
  ])('tells of what went out (%s, %s) in words it has', async (what, state, name, word) => {
    net.answers('channelsDeliveries', { items: [delivery('d', { what, state })], next: null })
    await log('deliveries')
    expect(row(name)).toContain(word)
    expect(row(name)).toContain('HTTP 200 · 尝试 2 次')
  })

  it('offers to send again what does not reach the customer twice', async () => {
    net.answers('channelsDeliveries', { items: [delivery('d', { may_go_again: false }), delivery('e', { seq: 8, state: 'failed' })], next: null })
    await log('deliveries')
    expect([row('消息 #7').includes('重发'), row('消息 #8').includes('重发')]).toEqual([false, true])
  })

  it('shows why a delivery failed instead of the figures', async () => {
    net.answers('channelsDeliveries', { items: [delivery('d', { state: 'failed', status: 500, fault: 'upstream is down' })], next: null })
    await log('deliveries')
    expect([row('消息 #7').includes('upstream is down'), row('消息 #7').includes('HTTP')]).toEqual([true, false])
  })

  it('says the kind of fault in words, and when it goes out again', async () => {
    net.answers('channelsDeliveries', { items: [
      delivery('d', { state: 'failed', fault: '45015 response out of time', reason: 'window_closed' }),
      delivery('e', { seq: 8, state: 'waiting', fault: 'HTTP 500', reason: 'transient', due_at: '2026-11-22T08:30:00.000Z' }),
    ], next: null })
    await log('deliveries')
    expect(row('消息 #7')).toContain('超出可回复时间，需等客户再次发消息 · 45015 response out of time')
    expect(row('消息 #8')).toMatch(/平台暂时无法连接 · HTTP 500 · 下次 .*\d\d:30:00/)
  })

  it('takes a message in again, says so and reads the log afresh', async () => {
    net.answers('channelsInbox', { items: [inbox('a', { state: 'parked' })], next: null })
    const scene = await log('inbox')
    net.answers('channelsReplayInbox', inbox('a'))
    net.answers('channelsInbox', { items: [inbox('a')], next: null })
    await press(scene, '重新处理')
    expect(net.asked('channelsReplayInbox').map(({ path }) => path)).toEqual([{ account_id: 'c1', event_id: 'a' }])
    expect([screen.getByText('已重新处理'), row('msg-a').includes('已处理')]).toEqual([expect.anything(), true])
  })

  it('lists what is left to look at, and dismisses one', async () => {
    net.answers('channelsInbox', { items: [inbox('a', { state: 'parked', dismissible: true })], next: null })
    const scene = await place(ChannelLog, { id: 'c1', log: 'inbox', unsettled: true }, { lineOpen: false })
    net.answers('channelsDismissInbox', inbox('a', { state: 'dismissed' }))
    net.answers('channelsInbox', { items: [], next: null })
    await press(scene, '忽略')
    expect(net.asked('channelsDismissInbox').map(({ path }) => path)).toEqual([{ account_id: 'c1', event_id: 'a' }])
    expect(net.asked('channelsInbox').map(({ query }) => query?.['unsettled'])).toEqual(['true', 'true'])
    expect([screen.getByText('已忽略'), screen.queryByTitle('msg-a')]).toEqual([expect.anything(), null])
  })

  it('sends one out again, and says why that is not possible', async () => {
    net.answers('channelsDeliveries', { items: [delivery('d')], next: null })
    const scene = await log('deliveries')
    net.refuses('channelsReplayDelivery', problem(409, 'channels.nothing_to_send', '没有可发送的内容：消息已撤回。'))
    await press(scene, '重发')
    expect(net.asked('channelsReplayDelivery').map(({ path }) => path)).toEqual([{ account_id: 'c1', delivery_id: 'd' }])
    expect(screen.getByText('没有可发送的内容：消息已撤回。')).toBeTruthy()
    net.answers('channelsReplayDelivery', delivery('d'))
    await press(scene, '重发')
    expect(screen.getByText('已重新发送 1 条')).toBeTruthy()
  })

  it('goes on page by page, and says where that fails', async () => {
    net.answers('channelsInbox', ({ query }) => (query.after ? { items: [inbox('b')], next: null } : { items: [inbox('a')], next: 'p2' }))
    const scene = await log('inbox')
    net.breaks('channelsInbox')
    await press(scene, '更多')
    expect([alerts(), row('msg-a')]).toEqual([[expect.stringContaining('暂时连不上服务器')], expect.anything()])
    net.answers('channelsInbox', { items: [inbox('b')], next: null })
    await press(scene, '更多')
    expect([alerts(), row('msg-b'), screen.queryByRole('button', { name: '更多' })]).toEqual([[], expect.stringContaining('msg-b'), null])
    expect(net.asked('channelsInbox').map(({ query }) => query.after)).toEqual([undefined, 'p2', 'p2'])
  })

  it('says that there is nothing yet', async () => {
    net.answers('channelsInbox', { items: [], next: null })
    await log('inbox')
    expect(screen.getByText('还没有记录')).toBeTruthy()
  })

  it('says that it cannot be read, and reads it when asked again', async () => {
    net.refuses('channelsInbox', problem(403, 'workspaces.not_permitted', '你没有这项操作的权限。'))
    const scene = await log('inbox')
    expect(alerts()).toEqual([expect.stringContaining('你没有这项操作的权限')])
    net.answers('channelsInbox', { items: [inbox('a')], next: null })
    await press(scene, '重试')
    expect([alerts(), row('msg-a')]).toEqual([[], expect.stringContaining('已处理')])
  })
})
