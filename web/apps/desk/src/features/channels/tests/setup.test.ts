import type { ChannelTested, ChannelView, CheckView, HealthView, StepView, SwitchView, Trial } from '@kezhan/api'
import { screen, within } from '@testing-library/vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { RouterView } from 'vue-router'
import { alerts, beside, button, comesTo, field, press, problem, where, write } from '../../../tests/hands'
import { me, net, place, settled, soon, type Scene } from '../../../tests/stage'
import { channel, figures, health, mail, oa, open, webchat } from './kinds'

const at = (path: string, language: 'zh-CN' | 'en' = 'zh-CN'): Promise<Scene> => place(RouterView as never, {}, { path, lineOpen: false, language })
const steps = (): string[] => within(screen.getByRole('navigation', { name: '接入步骤' })).getAllByRole('listitem', { hidden: false }).map((step) => step.textContent.replace(/[\s\d]/g, ''))
const now = (): string | null | undefined => screen.getByRole('navigation', { name: '接入步骤' }).querySelector('[aria-current]')?.textContent.replace(/[\s\d]/g, '')

beforeEach(() => {
  net.answers('workspacesGetMe', me({ permissions: ['channel.read', 'channel.manage', 'routing.manage'] }))
  net.answers('channelsKinds', { items: [open, webchat, mail, oa, { ...mail, name: 'pigeon', label: '信鸽', help: '飞来的', experimental: true }] })
  net.answers('channelsList', { items: [channel()] })
  net.answers('channelsHealth', { items: [] })
  net.answers('reportsChannel', figures())
})

describe('the gallery', () => {
  const shelf = (name: string): (string | null)[] => within(screen.getByRole('region', { name })).getAllByRole('link').map((link) => link.getAttribute('href'))

  it('puts each kind on its shelf, an unknown one on the last', async () => {
    await at('/settings/channels/new')
    expect([shelf('网站与应用'), shelf('微信'), shelf('其他')]).toEqual([
      ['/settings/channels/new/webchat', '/settings/channels/new/open'], ['/settings/channels/new/wechat_oa'], ['/settings/channels/new/mail', '/settings/channels/new/pigeon'],
    ])
    expect(screen.queryByRole('region', { name: '海外' })).toBeNull()
  })

  it('marks what is experimental and what is connected already', async () => {
    await at('/settings/channels/new')
    const card = (name: string): string => screen.getByText(name).closest('a')?.textContent ?? ''
    expect([card('信鸽'), card('网站聊天'), card('微信公众号')].map((text) => [text.includes('实验'), text.includes('已接入 1')])).toEqual([[true, false], [false, true], [false, false]])
  })

  it.each([
    ['微信', ['微信公众号']],
    ['WECHAT_', ['微信公众号']],
    [' 粉丝 ', ['微信公众号']],
    ['信', ['微信公众号', '信鸽']],
  ])('finds %j by name, word and description', async (text, found) => {
    await at('/settings/channels/new')
    await write('搜索渠道', text)
    expect(screen.getAllByRole('link').filter((link) => link.getAttribute('href')?.includes('/new/')).map((link) => link.querySelector('.font-medium')?.textContent)).toEqual(found)
  })

  it('says that nothing fits, and shows all again', async () => {
    const scene = await at('/settings/channels/new')
    await write('搜索渠道', '传真')
    expect(screen.getByText('没有匹配的渠道')).toBeTruthy()
    await press(scene, '显示全部')
    expect([screen.queryByText('没有匹配的渠道'), screen.getByText('微信公众号')]).toEqual([null, expect.anything()])
  })

  it('says that the kinds cannot be read, and reads them when asked again', async () => {
    net.breaks('channelsKinds')
    const scene = await at('/settings/channels/new')
    expect(alerts()).toEqual([expect.stringContaining('暂时连不上服务器')])
    net.answers('channelsKinds', { items: [webchat] })
    await press(scene, '重试')
    expect([alerts(), screen.getByText('网站聊天')]).toEqual([[], expect.anything()])
  })

  it('is not for those who only read', async () => {
    net.answers('workspacesGetMe', me({ permissions: ['channel.read'] }))
    await at('/settings/channels/new')
    expect(where()).not.toBe('/settings/channels/new')
  })
})

describe('the form of a new one', () => {
  it('shows the way ahead, without a test where none can be made', async () => {
    await at('/settings/channels/new/wechat_oa')
    expect([steps(), now()]).toEqual([['填写信息', '对接平台', '测试连接', '完成'], '填写信息'])
  })

  it.each([
    ['open', false],
    ['wechat_oa', true],
  ])('of %s has a test: %s', async (kind, has) => {
    await at(`/settings/channels/new/${kind}`)
    expect(steps().includes('测试连接')).toBe(has)
  })

  it('warns of an experimental kind', async () => {
    await at('/settings/channels/new/pigeon')
    expect(screen.getByText(/先用测试账号接入/)).toBeTruthy()
  })

  it('folds what most never change, and hides secrets until they are to be seen', async () => {
    const scene = await at('/settings/channels/new/wechat_oa')
    const folded = screen.getByText('高级设置（2 项）').closest('details')
    expect([folded?.open, folded?.contains(field('接口地址')), folded?.contains(field('AppID'))]).toEqual([false, true, false])
    expect([field(/^AppSecret/).type, field(/^AppSecret/).required, field('EncodingAESKey').required]).toEqual(['password', true, false])
    await press(scene, '显示AppSecret')
    expect([field(/^AppSecret/).type, button('显示AppSecret').getAttribute('aria-pressed'), field('EncodingAESKey').type]).toEqual(['text', 'true', 'password'])
  })

  it('opens the fold where something in it is refused', async () => {
    const scene = await at('/settings/channels/new/wechat_oa')
    net.refuses('channelsCreate', problem(400, 'channels.bad_settings', '填写的内容不符合要求。', { field: 'settings.api_url' }))
    await write('渠道名称', '公众号')
    await write(/^AppSecret/, 's')
    await press(scene, '保存并继续')
    expect([beside('接口地址'), screen.getByText('高级设置（2 项）').closest('details')?.open]).toEqual(['填写的内容不符合要求。', true])
  })

  it('says beside a secret what is wrong with it', async () => {
    const scene = await at('/settings/channels/new/wechat_oa')
    net.refuses('channelsCreate', problem(400, 'channels.bad_settings', '填写的内容不符合要求。', { field: 'secrets.aes_key' }))
    await write('渠道名称', '公众号')
    await write(/^AppSecret/, 's')
    await press(scene, '保存并继续')
    expect([beside('EncodingAESKey'), field(/^AppSecret/).value]).toEqual(['填写的内容不符合要求。', 's'])
  })

  it.each([
    ['12', 12],
    ['', 5],
  ])('sends a number as one (%j)', async (typed, sent) => {
    const scene = await at('/settings/channels/new/wechat_oa')
    const made = channel({ adapter: 'wechat_oa', hook: '/hooks/k' })
    net.answers('channelsCreate', { channel: made, secret: null })
    net.answers('channelsGet', made)
    await write('渠道名称', '公众号')
    await write(/^AppSecret/, 's')
    await write('可回复条数', typed)
    await press(scene, '保存并继续')
    await comesTo('/settings/channels/c1/setup?step=door')
    expect(net.asked('channelsCreate')[0]?.body?.settings).toMatchObject({ messages: sent, app_id: '', api_url: 'https://api.weixin.qq.com' })
  })
})

describe('the rest of the way', () => {
  const found = (more: Partial<ChannelTested> = {}): ChannelTested => ({ working: true, name: '', expires_at: null, fault: '', why: '', ...more })
  function setup(step: string, more: Partial<ChannelView> = {}): Promise<Scene> {
    net.answers('channelsGet', channel({ adapter: 'wechat_oa', name: '公众号', hook: '/hooks/kzp_1', settings: { app_id: 'wx1' }, ...more }))
    return at(`/settings/channels/c1/setup?step=${step}`)
  }

  it('says what to enter at the platform, and goes on and back', async () => {
    const scene = await setup('door')
    expect([screen.getByLabelText('地址').textContent, now()]).toEqual([`${location.origin}/hooks/kzp_1`, '对接平台'])
    await scene.user.click(screen.getByRole('link', { name: '下一步' }))
    await comesTo('/settings/channels/c1/setup?step=test')
    await scene.user.click(screen.getByRole('link', { name: '上一步' }))
    await comesTo('/settings/channels/c1/setup?step=door')
  })

  it('warns that nobody outside can call an address of this machine', async () => {
    await setup('door')
    expect(screen.getByText('对方平台访问不到这个地址')).toBeTruthy()
  })

  it('says that there is no address to enter where we ask by ourselves', async () => {
    await setup('door', { adapter: 'mail', hook: null })
    expect([screen.getByText('不用填写接收地址'), screen.queryByLabelText('地址'), screen.queryByText('对方平台访问不到这个地址')]).toEqual([expect.anything(), null, null])
  })

  it('shows the form again, keeps credentials that are not replaced, and goes on', async () => {
    const scene = await setup('form')
    expect([field('AppID').value, field('AppSecret').value, field('AppSecret').required, screen.getByText(/留空则不变/)]).toEqual(['wx1', '', false, expect.anything()])
    net.answers('channelsEdit', channel())
    await write('AppID', 'wx2')
    await press(scene, '保存并继续')
    await comesTo('/settings/channels/c1/setup?step=test')
    expect(net.asked('channelsEdit')[0]?.body).toMatchObject({ settings: { app_id: 'wx2' } })
    expect(net.asked('channelsEdit')[0]?.body).not.toHaveProperty('secrets')
  })

  it('tries the connection and says what it is called there', async () => {
    const scene = await setup('test')
    expect(screen.getByRole('link', { name: '暂时跳过' })).toBeTruthy()
    const tell = net.holds('channelsTest')
    await press(scene, '测试连接')
    expect(button('正在连接')).toBeTruthy()
    tell(found({ name: '山间茶铺', expires_at: '2026-12-01T00:00:00.000Z' }))
    await screen.findByText('连接正常')
    expect(screen.getByText(/账号：山间茶铺 · 凭证有效至 2026/)).toBeTruthy()
    expect([screen.queryByRole('link', { name: '暂时跳过' }), screen.getByRole('link', { name: '下一步' })]).toEqual([null, expect.anything()])
    expect(net.asked('channelsTest').map(({ path }) => path)).toEqual([{ account_id: 'c1' }])
  })

  it.each([
    ['token_expired', '渠道凭证失效，请管理员检查'],
    ['brand_new', '平台拒绝了这条消息'],
  ])('says what is wrong (%s) in words, and what the platform says, and tries again', async (fault, words) => {
    const scene = await setup('test')
    net.answers('channelsTest', found({ working: false, fault, why: '40001 invalid credential' }))
    await press(scene, '测试连接')
    expect(alerts()).toEqual([`${words}详情：40001 invalid credential`])
    net.answers('channelsTest', found())
    await press(scene, '再测一次')
    expect([alerts(), screen.getByText('连接正常')]).toEqual([[], expect.anything()])
  })

  it('says that it could not be tried at all', async () => {
    const scene = await setup('test')
    net.refuses('channelsTest', problem(409, 'channels.not_testable', '这种渠道无法测试连接。'))
    await press(scene, '测试连接')
    expect(alerts()).toEqual(['这种渠道无法测试连接。'])
  })

  it('waits for the first message, and says when it has come', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
    await setup('done')
    expect([screen.getByText(/现在用自己的账号/), now()]).toEqual([expect.anything(), '完成'])
    net.answers('channelsHealth', { items: [health({ last_in_at: '2026-11-22T08:00:00.000Z' })] })
    await vi.advanceTimersByTimeAsync(3100)
    vi.useRealTimers()
    await soon(() => expect(screen.getByText(/已收到第一条消息/)).toBeTruthy())
  })

  it('offers what to decide next to those who may', async () => {
    await setup('done')
    const links = ['/settings/reception', '/settings/hours', '/settings/channels/c1?tab=settings']
    expect(within(screen.getByRole('heading', { name: '接下来' }).closest('section') as HTMLElement).getAllByRole('link').map((link) => link.getAttribute('href'))).toEqual(links)
  })

  it('of our own chat has no test, and tells where the bubble is', async () => {
    const scene = await setup('test', { adapter: 'webchat', hook: null })
    expect([now(), screen.getByLabelText('安装代码')]).toEqual(['对接平台', expect.anything()])
    await scene.user.click(screen.getByRole('link', { name: '下一步' }))
    await settled()
    expect([now(), screen.getByText(/打开网站就能看到聊天按钮/)]).toEqual(['完成', expect.anything()])
  })

  it('speaks English', async () => {
    net.answers('channelsGet', channel({ adapter: 'wechat_oa', hook: '/hooks/k' }))
    await at('/settings/channels/c1/setup?step=test', 'en')
    expect([screen.getByRole('button', { name: 'Test the connection' }), screen.getByRole('link', { name: 'Skip for now' })]).toHaveLength(2)
  })
})

describe('how one is', () => {
  function overview(more: Partial<HealthView>, permissions = me().permissions): Promise<Scene> {
    net.answers('workspacesGetMe', me({ permissions: [...permissions] }))
    net.answers('channelsGet', channel({ adapter: 'wechat_oa', name: '公众号', hook: '/hooks/kzp_1' }))
    net.answers('channelsHealth', { items: [health(more)] })
    return at('/settings/channels/c1')
  }
  const manages = ['channel.read', 'channel.manage'] as const
  const figure = (name: string): string => screen.getByText(name, { selector: 'dt' }).nextElementSibling?.textContent ?? ''

  it('tells the figures of a day', async () => {
    await overview({ received: 120, sent: 98, waiting_in: 1, waiting_out: 2, delay_ms: 1600, last_in_at: '2026-11-22T08:00:00.000Z', name: '山间茶铺' })
    expect(['收到', '发出', '处理中', '平台送达用时', '没有送达'].map(figure)).toEqual(['120', '98', '3', '1.6 s', '0'])
    expect([screen.getByText('账号：山间茶铺'), screen.getByText('正常')]).toHaveLength(2)
    expect(screen.getByText('最近发出').nextElementSibling?.textContent).toBe('还没有')
  })

  it('says why it is not connected, since when, and lets it be tried', async () => {
    await overview({ working: false, fault: 'token_expired', why: '40001', since: '2026-11-22T08:00:00.000Z' }, [...manages])
    expect([alerts(), screen.getByText(/起连接异常/), button('测试连接')]).toEqual([['渠道凭证失效，请管理员检查详情：40001'], expect.anything(), expect.anything()])
  })

  it.each([
    [3, /只剩 2 天/],
    [40, /还有 39 天到期/],
  ])('tells when its credentials end (%i days)', async (days, words) => {
    await overview({ expires_at: new Date(Date.now() + days * 86_400_000 - 60_000).toISOString() })
    expect(screen.getByText(words)).toBeTruthy()
  })

  it('sends all that failed again at one press, and says how many', async () => {
    const scene = await overview({ failed: 4, parked: 1 }, [...manages])
    expect(screen.getByRole('link', { name: '查看并重新处理' }).getAttribute('href')).toBe('/settings/channels/c1?tab=log&log=inbox&unsettled=1')
    net.answers('channelsReplayFailed', { count: 4 })
    net.answers('channelsHealth', { items: [health()] })
    await press(scene, '全部重发')
    expect([net.asked('channelsReplayFailed').map(({ path }) => path), screen.getByText('已重新发送 4 条'), figure('没有送达')]).toEqual([[{ account_id: 'c1' }], expect.anything(), '0'])
  })

  it('tells of what the old system has not heard, where there is something', async () => {
    await overview({ passing: 2, unpassed: 1, pass_fault: 'HTTP 503' }, [...manages])
    expect([figure('待转给旧系统'), figure('转发失败'), screen.getByText('HTTP 503')]).toEqual(['2', '1', expect.anything()])
    expect(screen.getByRole('link', { name: '查看并重新处理' }).getAttribute('href')).toContain('unsettled=1')
  })

  it('lets those who only read look', async () => {
    await overview({ failed: 4, parked: 1 }, ['channel.read'])
    expect([figure('没有送达'), screen.queryByRole('button', { name: '全部重发' }), screen.queryByRole('button', { name: '测试连接' })]).toEqual(['4', null, null])
  })
})

describe('the figures', () => {
  it('are of today, a week or a month', async () => {
    net.answers('channelsGet', channel({ adapter: 'open', name: '门店', hook: '/hooks/kzp_1' }))
    const scene = await at('/settings/channels/c1')
    expect([screen.getByText('4 (4%)'), screen.getByText('91%'), screen.getByText('300 ms')]).toHaveLength(3)
    net.answers('reportsChannel', figures({ conversations: 777 }))
    await press(scene, '7 天')
    expect([screen.getByText('777'), net.asked('reportsChannel').at(-1)?.query]).toEqual([expect.anything(), { days: '7' }])
  })

  it('of our own chat leave out what goes through a platform', async () => {
    net.answers('channelsGet', channel())
    await at('/settings/channels/c1?tab=overview')
    expect([screen.getByText('会话'), screen.queryByText('平台用时（中位数）')]).toEqual([expect.anything(), null])
  })
})

describe('a try from end to end', () => {
  const step = (name: StepView['name'], more: Partial<StepView> = {}): StepView => ({ name, state: 'waiting', at: null, delay_ms: null, detail: '', fault: '', why: '', ...more })
  const check = (more: Partial<CheckView> = {}): CheckView => ({
    id: 'k1', code: '482913', state: 'running', steps: [step('came'), step('went'), step('file_came'), step('file_went'), step('known')], by: '林晚晴', begun_at: '2026-11-22T08:00:00.000Z', ended_at: null, conversation_id: null, ...more,
  })
  const over = check({
    state: 'failed', ended_at: '2026-11-22T08:02:00.000Z',
    steps: [step('came', { state: 'passed', delay_ms: 420 }), step('went', { state: 'failed', fault: 'window_closed', why: '45015' }), step('file_came', { state: 'skipped' }), step('file_went', { state: 'passed', detail: 'link' }), step('known', { state: 'passed', detail: 'name' })],
  })

  async function tried(found: CheckView[] = []): Promise<Scene> {
    net.answers('channelsGet', channel({ adapter: 'open', name: '门店', hook: '/hooks/kzp_1' }))
    net.answers('channelsChecks', { items: found })
    return at('/settings/channels/c1?tab=check')
  }

  it('gives a code, says what to do next and ends at a press', async () => {
    const scene = await tried()
    net.answers('channelsBeginCheck', check())
    net.answers('channelsLookAtCheck', check())
    await press(scene, '开始验收')
    expect([screen.getByText('482913'), screen.getByText('用手机把验收码 482913 发给这个渠道。')]).toHaveLength(2)
    net.answers('channelsEndCheck', check({ state: 'cancelled', ended_at: '2026-11-22T08:02:00.000Z' }))
    await press(scene, '结束验收')
    expect([screen.getByText('已中止'), button('再验收一次')]).toHaveLength(2)
  })

  it('keeps the sheets, with why a step failed and where to look', async () => {
    const scene = await tried([over])
    await press(scene, /验收没有通过/)
    expect([screen.getByText('通过 · 420 ms'), screen.getByText(/45015/), screen.getByText(/到概览测试连接/), screen.getByText(/以链接送达/)]).toHaveLength(4)
  })

  it('goes on with one that was begun before, and is only looked at by those who read', async () => {
    net.answers('workspacesGetMe', me({ permissions: ['channel.read'] }))
    await tried([check()])
    expect([screen.getByText('482913'), screen.queryByRole('button', { name: '开始验收' }), net.asked('channelsLookAtCheck')]).toEqual([expect.anything(), null, []])
  })
})

describe('the gradual switch', () => {
  const limits = { customers: 20, response_seconds: 60, service_level: 80, failed: 2, errors: 2 }
  const old = 'https://old.example/hook'
  const standing = (more: Partial<SwitchView> = {}): SwitchView => ({ stands: 'off', by: 'share', share: 100, seats: [], forward_url: '', limits, began_at: null, returned_at: null, ...more })
  const on = (more: Partial<SwitchView> = {}): SwitchView => standing({ stands: 'on', share: 20, forward_url: old, began_at: '2026-11-20T01:00:00.000Z', ...more })
  const trial = (more: Partial<Trial> = {}): Trial => ({
    verdict: 'go', doubts: [],
    figures: figures(),
    ...more,
  })

  function share(at_: SwitchView = standing(), found: Trial = trial({ verdict: null, figures: null })): Promise<Scene> {
    net.answers('channelsGet', channel({ adapter: 'open', name: '门店', hook: '/hooks/kzp_1' }))
    net.answers('channelsGetSwitch', at_)
    net.answers('reportsTrial', found)
    net.answers('routingListSeats', { items: [] })
    return at('/settings/channels/c1?tab=share')
  }

  it('serves a part here and sends the others on', async () => {
    const scene = await share()
    await press(scene, '20%')
    expect([field('在客栈接待的客户').value, screen.getByText(/约 20 位在客栈接待，80 位转给旧系统/)]).toEqual(['20', expect.anything()])
    await press(scene, '保存')
    expect([beside(/^其余客户转发到/), net.asked('channelsPutSwitch')]).toEqual([expect.stringContaining('请填写旧系统的接收地址'), []])
    await write(/^其余客户转发到/, ` ${old} `)
    net.answers('channelsPutSwitch', on())
    net.answers('channelsGetSwitch', on())
    await press(scene, '保存')
    expect(net.asked('channelsPutSwitch').map(({ body }) => body)).toEqual([{ by: 'share', share: 20, seats: [], forward_url: old, limits }])
    expect([screen.getByText('已保存'), button('保存').disabled, button('一键切回旧系统')]).toEqual([expect.anything(), true, expect.anything()])
  })

  it('asks for seats where seats decide', async () => {
    const scene = await share(on({ by: 'seats', share: 100, seats: [] }))
    await write(/^其余客户转发到/, `${old}?a=1`)
    await press(scene, '保存')
    expect([screen.getAllByText('请至少选择一个坐席。'), net.asked('channelsPutSwitch')]).toEqual([expect.anything(), []])
  })

  it('says in one word whether to go on, and which limit is broken', async () => {
    await share(on(), trial({ verdict: 'stop', doubts: ['failed'] }))
    expect([screen.getByText('建议停下'), screen.getByText('4%'), screen.getAllByLabelText('超出条件')]).toEqual([expect.anything(), expect.anything(), [expect.anything()]])
    expect([screen.getByText('12 秒'), screen.getByText('不低于 80%')]).toEqual([expect.anything(), expect.anything()])
  })

  it('goes back at one press, after a question', async () => {
    const scene = await share(on(), trial())
    const back = on({ stands: 'returned', share: 0, returned_at: '2026-11-21T01:00:00.000Z' })
    await press(scene, '一键切回旧系统')
    net.answers('channelsTurnBack', back)
    net.answers('channelsGetSwitch', back)
    await scene.user.click(within(screen.getByRole('dialog')).getByRole('button', { name: '一键切回旧系统' }))
    await settled()
    expect(net.asked('channelsTurnBack').map(({ path }) => path)).toEqual([{ account_id: 'c1' }])
    expect([screen.getByText('2026年11月21日 01:00 已切回旧系统'), screen.queryByRole('button', { name: '一键切回旧系统' })]).toEqual([expect.anything(), null])
  })

  it('says beside the address why it is refused', async () => {
    const scene = await share(on())
    net.refuses('channelsPutSwitch', problem(400, 'channels.bad_forward_url', '请填写以 https:// 开头的地址。', { field: 'forward_url' }))
    await write(/^其余客户转发到/, 'ftp://old.example')
    await press(scene, '保存')
    expect([beside(/^其余客户转发到/), screen.getByText('没有保存')]).toEqual(['请填写以 https:// 开头的地址。', expect.anything()])
  })

  it('is only looked at by those who do not manage channels', async () => {
    net.answers('workspacesGetMe', me({ permissions: ['channel.read'] }))
    await share(on(), trial())
    expect([field('在客栈接待的客户').disabled, screen.queryByRole('button', { name: '保存' }), screen.queryByRole('button', { name: '一键切回旧系统' })]).toEqual([true, null, null])
  })
})
