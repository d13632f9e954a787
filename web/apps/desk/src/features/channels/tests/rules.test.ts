import type { Policy, ScheduleView, UseView } from '@kezhan/api'
import { screen, within } from '@testing-library/vue'
import { beforeEach, expect, it } from 'vitest'
import { RouterView } from 'vue-router'
import { alerts, beside, choose, field, press, problem, write } from '../../../tests/hands'
import { me, net, place, settled, type Scene } from '../../../tests/stage'
import { channel, health, open, webchat } from './kinds'

const schedule = (id: string, name: string): ScheduleView => ({
  id, name, time_zone: 'Asia/Shanghai', weekly: { days: [[], [], [], [], [], [], []] }, holiday_set_ids: [], version: 1, open: true, changes_at: null, created_at: '', archived_at: null,
})
const uses = (...items: UseView[]): void => net.answers('hoursListUses', { items })
const policy = (...rules: NonNullable<Policy['rules']>): void => net.answers('routingGetPolicy', { version: 1, saved_at: null, saved_by: '', policy: { rules } })
const section = (name: string): HTMLElement => screen.getByRole('heading', { name }).closest('section') as HTMLElement
const page = (adapter = 'open', settings = {}): Promise<Scene> => {
  net.answers('channelsGet', channel({ adapter, settings }))
  return place(RouterView as never, {}, { path: '/settings/channels/c1?tab=rules', lineOpen: false })
}

beforeEach(() => {
  net.answers('workspacesGetMe', me({ permissions: ['channel.read', 'channel.manage', 'routing.manage'] }))
  net.answers('channelsKinds', { items: [open, webchat] })
  net.answers('channelsList', { items: [channel()] })
  net.answers('channelsHealth', { items: [health()] })
  net.answers('hoursList', { items: [schedule('s1', '白班'), schedule('s2', '门店')] })
  net.answers('routingListWeights', { items: [{ account_id: 'c1', name: '官网', adapter: 'open', units: 2, load: 'live' }] })
  net.answers('routingGetSettings', { automatic: true })
  net.answers('routingListSkills', { items: [] })
  net.answers('workspacesListTeams', { items: [{ id: 't1', name: '售前', member_ids: [] }, { id: 't2', name: '售后', member_ids: [] }] as never })
  net.answers('channelsAutoReplies', { greeting: { zh: '您好', en: '' }, closed: {}, busy: {}, busy_seconds: 60 })
  net.answersIfSilent('channelsLife', {})
  uses()
  policy()
})

it.each([
  ['its own', [{ kind: 'workspace', ref_id: 'w1', schedule_id: 's1' }, { kind: 'channel', ref_id: 'c1', schedule_id: 's2' }], '门店'],
  ['the workspace’s', [{ kind: 'workspace', ref_id: 'w1', schedule_id: 's1' }, { kind: 'channel', ref_id: 'c2', schedule_id: 's2' }], '跟随企业空间（白班）'],
  ['no', [], '全天接待'],
] as const)('tells that it keeps to %s hours', async (_, kept, name) => {
  uses(...kept)
  await page()
  expect(within(section('工作时间')).getByLabelText('工作时间', { selector: 'button' }).textContent).toContain(name)
  expect(screen.getByRole('link', { name: '管理工作时间' }).getAttribute('href')).toBe('/settings/hours')
})

it('keeps to other hours once they are chosen, and to the workspace’s again', async () => {
  net.answers('hoursPutUse', { kind: 'channel', ref_id: 'c1', schedule_id: 's2' })
  const scene = await page()
  uses({ kind: 'channel', ref_id: 'c1', schedule_id: 's2' })
  await choose(scene, '工作时间', '门店')
  expect(net.asked('hoursPutUse').map(({ path, body }) => [path, body])).toEqual([[{ kind: 'channel', ref_id: 'c1' }, { schedule_id: 's2' }]])
  net.answers('hoursDropUse', undefined as never)
  await choose(scene, '工作时间', '全天接待')
  expect(net.asked('hoursDropUse').map(({ path }) => path)).toEqual([{ kind: 'channel', ref_id: 'c1' }])
})

it('goes to the teams that are chosen, by a rule of its own', async () => {
  policy({ id: 'r6', name: '所有人' })
  net.answers('routingSavePolicy', { version: 2, findings: [] })
  const scene = await page()
  await choose(scene, '交给小组', '售后')
  await scene.user.keyboard('{Escape}')
  await press(scene, '保存小组')
  expect(net.asked('routingSavePolicy')[0]?.body).toMatchObject({
    version: 1, despite: false,
    policy: { rules: [{ name: '官网', when: { account_ids: ['c1'] }, pool: { team_ids: ['t2'] } }, { id: 'r6' }] },
  })
})

it('asks before a rule is saved that something speaks against', async () => {
  net.answers('routingSavePolicy', { version: null, findings: [{ level: 'warning', rule_id: 'r1', code: 'x', title: '组内没有人' }] })
  const scene = await page()
  await choose(scene, '交给小组', '售前')
  await scene.user.keyboard('{Escape}')
  await press(scene, '保存小组')
  expect(screen.getByText('组内没有人')).toBeTruthy()
  net.answers('routingSavePolicy', { version: 2, findings: [] })
  await press(scene, '仍然保存')
  expect(net.asked('routingSavePolicy').map(({ body }) => (body as { despite: boolean }).despite)).toEqual([false, true])
})

it('shows the rules that can hold for its customers, in their order', async () => {
  policy(
    { id: 'r1', name: '别的渠道', when: { account_ids: ['c2'] } },
    { id: 'r2', name: '停用的', active: false },
    { id: 'r3', name: '这个渠道', when: { account_ids: ['c1'] } },
    { id: 'r4', name: '这种渠道', when: { channels: ['open'] } },
    { id: 'r5', name: '别的种类', when: { channels: ['webchat'] } },
    { id: 'r6', name: '所有人' },
  )
  await page()
  expect(within(section('分配给谁')).getAllByRole('listitem').map((item) => item.querySelector('p')?.textContent)).toEqual(['这个渠道', '这种渠道', '所有人'])
  expect([screen.getByText('每个会话占 2 份接待量。'), screen.getByRole('link', { name: '全部接待规则' })]).toHaveLength(2)
})

it('tells that everybody serves, or that agents take conversations themselves', async () => {
  net.answers('routingGetSettings', { automatic: false })
  await page()
  expect([screen.getByText(/分配给所有人/), screen.getByText(/自动分配已关闭/)]).toHaveLength(2)
})

it.each([
  ['你好呀', '你好呀'],
  ['', '没有填写'],
])('shows the greeting %j where the channel has one', async (greeting, words) => {
  await page('webchat', { greeting })
  expect(within(section('欢迎语')).getByText(words)).toBeTruthy()
})

it('says nothing of automatic replies where the chat has words of its own', async () => {
  await page('webchat', { greeting: '你好' })
  expect(screen.queryByRole('heading', { name: '自动回复' })).toBeNull()
})

it('keeps what the channel says by itself, as the customer will see it', async () => {
  const scene = await page()
  const preview = within(screen.getByRole('figure', { name: '客户看到的样子' }))
  expect([preview.getByText('您好'), preview.getAllByText('不发送')]).toEqual([expect.anything(), expect.objectContaining({ length: 2 })])
  await write('非工作时间', '打烊了，开门。')
  field('非工作时间').setSelectionRange(4, 4)
  await press(scene, '下次开门时间')
  expect(preview.getByText('打烊了，明天 09:00开门。')).toBeTruthy()
  net.answers('channelsPutAutoReplies', ({ body }) => body as never)
  await press(scene, '保存自动回复')
  expect(net.asked('channelsPutAutoReplies')[0]?.body).toEqual({
    greeting: { zh: '您好', en: '' }, closed: { zh: '打烊了，{opens}开门。', en: '' }, busy: { zh: '', en: '' }, busy_seconds: 60,
  })
})

it('shows beside the text, in its language, why it is refused', async () => {
  net.refuses('channelsPutAutoReplies', problem(400, 'channels.text_too_long', '太长了', { field: 'busy.en' }))
  const scene = await page()
  await write('欢迎语', '您好呀')
  await press(scene, '保存自动回复')
  await settled()
  expect([screen.getByRole('button', { name: 'English' }).getAttribute('aria-pressed'), beside('客服都在忙')]).toEqual(['true', '太长了'])
})

it('offers no change to those who may not', async () => {
  net.answers('workspacesGetMe', me({ permissions: ['channel.read'] }))
  await page()
  expect([screen.queryByRole('link', { name: '全部接待规则' }), screen.queryByRole('link', { name: '查看工作时间' }) !== null]).toEqual([null, true])
  expect([screen.queryByRole('button', { name: /^保存/ }), screen.queryByLabelText('交给小组'), field('欢迎语').disabled]).toEqual([null, null, true])
  expect(within(section('工作时间')).getByText('没有设置，全天接待。')).toBeTruthy()
})

it('says that they cannot be read, and reads them when asked again', async () => {
  net.breaks('routingGetPolicy')
  const scene = await page()
  expect(alerts()).toEqual([expect.stringContaining('暂时连不上服务器')])
  policy({ id: 'r6', name: '所有人' })
  await press(scene, '重试')
  expect([alerts(), screen.getByText('所有人')]).toEqual([[], expect.anything()])
})
