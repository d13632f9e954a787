import type { ChannelKind, ChannelView, Permission } from '@kezhan/api'
import { screen, within } from '@testing-library/vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { RouterView } from 'vue-router'
import { alerts, beside, button, comesTo, field, press, problem, where, write } from '../../../tests/hands'
import { me, net, place, settled, type Scene } from '../../../tests/stage'
import { channel, figures, health, mail, open, webchat } from './kinds'

const READS: Permission[] = ['channel.read']
const MANAGES: Permission[] = ['channel.read', 'channel.manage']
const as = (permissions: Permission[]): void => net.answers('workspacesGetMe', me({ permissions }))
const at = (path: string): Promise<Scene> => place(RouterView as never, {}, { path, lineOpen: false })
const kinds = (...items: ChannelKind[]): void => net.answers('channelsKinds', { items })

/** The page of one channel, at one of its tabs. */
function page(tab: string, more: Partial<ChannelView> = {}): Promise<Scene> {
  net.answers('channelsGet', channel(more))
  return at(`/settings/channels/c1?tab=${tab}`)
}

beforeEach(() => {
  as(MANAGES)
  kinds(open, webchat, mail)
  net.answers('channelsList', { items: [channel()] })
  net.answers('channelsHealth', { items: [] })
  net.answers('reportsChannel', figures())
})

describe('the list', () => {
  const row = (name: string): string => screen.getByTitle(name).closest('a')?.textContent.replace(/\s+/g, ' ') ?? ''

  it('shows the channels in use by name and kind, the broken one marked', async () => {
    net.answers('channelsList', { items: [
      channel(), channel({ id: 'c2', name: '旧渠道', adapter: 'gone', working: false }), channel({ id: 'c3', name: '移走的', archived_at: '2026-11-02T00:00:00.000Z' }),
    ] })
    await at('/settings/channels')
    const rows = screen.getAllByTitle(/官网|旧渠道|移走的/).map((name) => name.closest('a'))
    expect(rows.map((one) => [one?.getAttribute('href'), one?.textContent])).toEqual([
      ['/settings/channels/c1', '官网网站聊天正常'],
      ['/settings/channels/c2', '旧渠道gone组件不可用'],
    ])
  })

  it('tells of each how it is and what went through it in a day', async () => {
    net.answers('channelsList', { items: [
      channel({ adapter: 'open', name: '门店' }), channel({ id: 'c2', adapter: 'mail', name: '邮箱', share: 20 }), channel({ id: 'c3', adapter: 'mail', name: '新邮箱' }),
    ] })
    net.answers('channelsHealth', { items: [
      health({ received: 12, sent: 8, last_in_at: '2020-11-22T08:00:00.000Z' }), health({ id: 'c2', working: false, failed: 2, parked: 1 }), health({ id: 'c3', working: null }),
    ] })
    await at('/settings/channels')
    expect([row('门店'), row('邮箱'), row('新邮箱')]).toEqual([
      expect.stringMatching(/^门店开放渠道24 小时收 12 · 发 8 · 最近来信 .+正常$/),
      '邮箱邮箱 · 灰度 20%24 小时收 0 · 发 02 条没有送达 · 1 条来信待处理连接异常',
      '新邮箱邮箱24 小时收 0 · 发 0未验证',
    ])
  })

  it('is read anew when the server says that it has changed, and follows that while it is shown', async () => {
    const scene = await place(RouterView as never, {}, { path: '/settings/channels' })
    expect(net.saidOf('follow').at(-1)?.topics).toEqual(['channels'])
    net.answers('channelsHealth', { items: [health({ working: false })] })
    net.answers('channelsList', { items: [channel({ adapter: 'open', name: '门店' })] })
    net.tell({ type: 'stale', topic: 'visitors' })
    await settled()
    expect(screen.queryByTitle('门店')).toBeNull()
    net.tell({ type: 'stale', topic: 'channels' })
    await screen.findByTitle('门店')
    expect(row('门店')).toContain('连接异常')
    scene.unmount()
    expect(net.saidOf('follow').at(-1)?.topics).toEqual([])
  })

  it.each([
    [MANAGES, '/settings/channels/new'],
    [READS, undefined],
  ])('offers another to those who manage channels (%j)', async (permissions, address) => {
    as(permissions)
    await at('/settings/channels')
    expect([screen.queryByRole('link', { name: '接入新渠道' })?.getAttribute('href'), screen.getByTitle('官网')]).toEqual([address, expect.anything()])
  })

  it('says what channels are for where there are none', async () => {
    net.answers('channelsList', { items: [] })
    await at('/settings/channels')
    expect(screen.getByText('还没有渠道')).toBeTruthy()
  })

  it.each(['channelsList', 'channelsKinds'] as const)('says that %s cannot be read, and reads it when asked again', async (name) => {
    net.breaks(name)
    const scene = await at('/settings/channels')
    expect(alerts()).toEqual([expect.stringContaining('暂时连不上服务器')])
    net.answers('channelsList', { items: [channel()] })
    kinds(webchat)
    await press(scene, '重试')
    expect([alerts(), row('官网')]).toEqual([[], '官网网站聊天正常'])
  })
})

describe('a new one', () => {
  it('is made from the form of its kind, and its secret is shown this once', async () => {
    const scene = await at('/settings/channels/new/open')
    expect(screen.getByRole('heading', { name: '接入开放渠道' })).toBeTruthy()
    const made = channel({ id: 'c9', adapter: 'open', name: '门店', hook: '/hooks/kzp_9', settings: { webhook_url: 'https://shop.example/in' } })
    net.answers('channelsCreate', { channel: made, secret: 'geheim-9' })
    net.answers('channelsGet', made)
    await write('渠道名称', ' 门店 ')
    await write('回调地址', 'https://shop.example/in')
    await press(scene, '保存并继续')
    await comesTo('/settings/channels/c9/setup?step=door')
    await screen.findByText('geheim-9')
    expect(net.asked('channelsCreate').map(({ body }) => body)).toEqual([
      { adapter: 'open', name: '门店', settings: { webhook_url: 'https://shop.example/in' }, secrets: null },
    ])
    expect([screen.getByText('密钥只显示这一次，请现在复制。'), screen.getByText(`${location.origin}/hooks/kzp_9`)]).toHaveLength(2)
    scene.unmount()
    await at('/settings/channels/c9?tab=door')
    expect([screen.queryByText('geheim-9'), button('更换密钥')]).toEqual([null, expect.anything()])
  })

  it('sends the credentials a platform gave', async () => {
    const scene = await at('/settings/channels/new/mail')
    net.answers('channelsCreate', { channel: channel(), secret: null })
    net.answers('channelsGet', channel())
    await write('渠道名称', '客服邮箱')
    await write('地址', 'help@tea.example')
    await write('授权码', 'abcd')
    await press(scene, '保存并继续')
    await comesTo('/settings/channels/c1/setup?step=door')
    expect(net.asked('channelsCreate')[0]?.body).toMatchObject({ settings: { address: 'help@tea.example' }, secrets: { app_secret: 'abcd' } })
  })

  it('is not made twice by two presses, and stays filled in where it is refused', async () => {
    const scene = await at('/settings/channels/new/open')
    net.refuses('channelsCreate', problem(400, 'channels.bad_settings', '填写的内容不符合要求：not a URI', { field: 'settings.webhook_url' }))
    await write('渠道名称', '门店')
    await write('回调地址', 'https://shop.example/in')
    await press(scene, '保存并继续')
    expect([beside('回调地址'), field('渠道名称').value, field('回调地址').value]).toEqual([
      '填写的内容不符合要求：not a URI', '门店', 'https://shop.example/in',
    ])
    const tell = net.holds('channelsCreate')
    await press(scene, '保存并继续')
    await press(scene, '保存并继续')
    expect(net.asked('channelsCreate')).toHaveLength(2)
    net.answers('channelsGet', channel())
    tell({ channel: channel(), secret: null })
    await comesTo('/settings/channels/c1/setup?step=door')
  })

  it('says that there is no such kind', async () => {
    await at('/settings/channels/new/pigeon')
    expect([screen.getByText('没有这种渠道'), screen.getByRole('link', { name: '返回' })]).toHaveLength(2)
  })

  it('is not offered to those who only read', async () => {
    as(READS)
    await at('/settings/channels/new/open')
    expect(where()).not.toBe('/settings/channels/new/open')
  })
})

describe('settings of one', () => {
  it('start from what is stored; only what differs can be saved, and that is said', async () => {
    const scene = await page('settings')
    expect([field('站点名称').value, button('保存').disabled]).toEqual(['茶铺', true])
    await write('站点名称', '新茶铺')
    expect([screen.getByText('有未保存的更改'), button('保存').disabled]).toEqual([expect.anything(), false])
    net.answers('channelsEdit', channel({ settings: { title: '新茶铺' } }))
    await press(scene, '保存')
    expect(net.asked('channelsEdit')[0]?.body).toMatchObject({ name: '官网', settings: { title: '新茶铺', accent: '#1f5c4a', origins: [] } })
    expect(net.asked('channelsEdit')[0]?.body).not.toHaveProperty('secrets')
    expect([screen.getByText('已保存'), button('保存').disabled]).toEqual([expect.anything(), true])
    await write('站点名称', '又一个')
    expect(screen.getByText('有未保存的更改')).toBeTruthy()
  })

  it('show the new name at the top once it is stored', async () => {
    const scene = await page('settings')
    net.answers('channelsEdit', channel({ name: '商城' }))
    await write('渠道名称', '商城')
    expect(screen.getByRole('heading', { level: 1, name: '官网' })).toBeTruthy()
    await press(scene, '保存')
    expect(screen.getByRole('heading', { level: 1, name: '商城' })).toBeTruthy()
  })

  it.each([
    ['settings.title', '站点名称'],
    ['settings.origins[...]', '允许的网站'],
    ['name', '渠道名称'],
  ])('put a refusal of %s beside its field and keep what was typed', async (name, label) => {
    const scene = await page('settings')
    net.refuses('channelsEdit', problem(400, 'channels.bad_settings', '填写的内容不符合要求。', { field: name }))
    await write('站点名称', 'x')
    await press(scene, '保存')
    expect([beside(label), field('站点名称').value, screen.getByText('没有保存')]).toEqual(['填写的内容不符合要求。', 'x', expect.anything()])
  })

  it('say above the form what is nobody’s field, and can be saved again', async () => {
    const scene = await page('settings')
    net.refuses('channelsEdit', problem(409, 'channels.archived', '这个渠道已移除，请重新接入一个。'))
    await write('站点名称', 'x')
    await press(scene, '保存')
    expect([alerts(), button('保存').disabled]).toEqual([['这个渠道已移除，请重新接入一个。'], false])
  })

  it.each([
    ['another page', '渠道', '/settings/channels'],
    ['another tab of the channel', '接入方式', '/settings/channels/c1?tab=door'],
  ])('ask before leaving with changes for %s', async (_, link, goal) => {
    const asked = vi.fn<(text?: string) => boolean>(() => false)
    vi.stubGlobal('confirm', asked)
    const { user } = await page('settings')
    const follow = async (): Promise<void> => {
      await user.click(screen.getAllByRole('link', { name: link }).at(-1) as HTMLElement)
      await settled()
    }
    await write('站点名称', 'x')
    await follow()
    expect([asked.mock.calls.length, field('站点名称').value]).toEqual([1, 'x'])
    asked.mockReturnValue(true)
    await follow()
    expect(where()).toBe(goal)
  })

  it('ask nothing where nothing was changed', async () => {
    const asked = vi.fn(() => true)
    vi.stubGlobal('confirm', asked)
    const { user } = await page('settings')
    await write('站点名称', 'x')
    await write('站点名称', '茶铺')
    await user.click(screen.getByRole('link', { name: '接入方式' }))
    await settled()
    expect([asked.mock.calls.length, where()]).toEqual([0, '/settings/channels/c1?tab=door'])
  })

  it('can only be read by those who do not manage channels', async () => {
    as(READS)
    await page('settings')
    expect([field('渠道名称').disabled, field('站点名称').closest('fieldset')?.disabled]).toEqual([true, true])
    expect(screen.getAllByRole('button').filter((one) => /保存|移除/.test(one.textContent))).toEqual([])
    expect(within(screen.getByRole('navigation', { name: '官网' })).getAllByRole('link').map((tab) => tab.textContent)).toEqual(['设置', '概览', '接入方式', '规则', '验收'])
  })
})

describe('the page of one', () => {
  it.each([
    ['a site', {}, ['设置', '概览', '接入方式', '规则', '验收']],
    ['a platform that calls', { adapter: 'open', hook: '/hooks/kzp_1' }, ['概览', '设置', '接入方式', '规则', '灰度', '验收', '记录']],
    ['a platform that is asked', { adapter: 'mail' }, ['概览', '设置', '接入方式', '规则', '验收', '记录']],
  ])('has the parts that %s has', async (_, more, tabs) => {
    await page('nonsense', more)
    const links = within(screen.getByRole('navigation', { name: '官网' })).getAllByRole('link')
    expect(links.map((tab) => tab.textContent)).toEqual(tabs)
    expect(links[0]?.getAttribute('aria-current')).toBe('page')
  })

  it('says that a channel is not there', async () => {
    net.refuses('channelsGet', problem(404, 'channels.not_found', '没有找到这个渠道，或您无权查看。'))
    await at('/settings/channels/c1')
    expect(alerts()).toEqual([expect.stringContaining('没有找到这个渠道')])
  })

  it('says that its adapter does not work instead of an empty form', async () => {
    await page('settings', { adapter: 'gone' })
    expect([screen.getAllByText('组件不可用'), screen.queryByLabelText('渠道名称')]).toEqual([expect.anything(), null])
  })

  it('removes it after asking by name', async () => {
    const scene = await page('settings')
    net.answers('channelsArchive', undefined as never)
    await press(scene, '移除渠道')
    expect([screen.getByText('移除渠道 官网？'), net.asked('channelsArchive')]).toEqual([expect.anything(), []])
    await scene.user.click(within(screen.getByRole('dialog')).getByRole('button', { name: '移除渠道' }))
    await comesTo('/settings/channels')
    expect(net.asked('channelsArchive').map(({ path }) => path)).toEqual([{ account_id: 'c1' }])
  })

  it('says why it is not removed, and stays', async () => {
    const scene = await page('settings')
    net.refuses('channelsArchive', problem(403, 'workspaces.not_permitted', '你没有这项操作的权限。'))
    await press(scene, '移除渠道')
    await scene.user.click(within(screen.getByRole('dialog')).getByRole('button', { name: '移除渠道' }))
    await settled()
    expect([screen.getByText('你没有这项操作的权限。'), where()]).toEqual([expect.anything(), '/settings/channels/c1?tab=settings'])
  })
})
