import type { Permission } from '@kezhan/api'
import { fireEvent, screen, within } from '@testing-library/vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { RouterView } from 'vue-router'
import { alerts, button, choose, comesTo, field, press, problem, write } from '../../../tests/hands'
import { agentMay, me, net, place, screenIs, settled, soon, visit, type Scene } from '../../../tests/stage'
import { PAUSE_MS } from '../live'
import { AT, ago, alert, day, diagnosis, monitor, rule, seat, seats, team, waiting } from './fixtures'

const as = (...more: Permission[]): void => net.answers('workspacesGetMe', me({ permissions: [...agentMay, ...more] }))
const at = (path: string, language: 'zh-CN' | 'en' = 'zh-CN'): Promise<Scene> => place(RouterView as never, {}, { path, lineOpen: false, language })
const card = (name: string): HTMLElement => screen.getByRole('heading', { name, level: 2 }).closest('article') as HTMLElement

beforeEach(() => {
  as('routing.manage')
  net.answers('workspacesListTeams', { items: [{ id: 't1', name: '售前', member_ids: [], created_at: AT }] })
})

describe('the monitor', () => {
  it('shows the few numbers that matter, of all and of each team', async () => {
    const one = team('t1', '售前', { now: waiting(3, 90), seats: seats({ free: 1, full: 2 }), today: day({ service_level: 0.875, entered: 40 }) })
    net.answers('reportsMonitor', monitor({ now: waiting(5, 200), today: day({ abandoned: 4, abandonment: 0.1 }), teams: [one, team('w1', '')] }))
    await at('/monitor')
    expect(card('售前').textContent).toMatch(/排队31:30.*空闲坐席1在线 3.*服务水平87%.*进入排队 40/)
    expect([card('所有人').textContent.includes('排队0'), screen.getByText('3:20'), screen.getByText('放弃率 10%')]).toEqual([true, expect.anything(), expect.anything()])
  })

  it('says an alert by word and shape, on the team and above', async () => {
    const on = alert('a1', { level: 'critical', team_id: 't1', team: '售前' })
    net.answers('reportsMonitor', monitor({ alerts: [on], teams: [team('t1', '售前', { alert: 'critical' }), team('w1', '')] }))
    await at('/monitor')
    expect(screen.getByRole('status').textContent).toMatch(/严重.*售前 · 最长等待达到 1:00.*开始时等了 1:15.*已持续/)
    expect(within(card('售前')).getByText('严重')).toBeTruthy()
    expect(within(card('所有人')).queryByText('严重')).toBeNull()
  })

  it('lists people who are there by what they could take, and counts who is not', async () => {
    net.answers('reportsMonitor', monitor({ seats: [
      seat('老周', { standing: 'break', reason: '午饭' }), seat('小林'), seat('小孙', { standing: 'away', auto: 'missed' }), seat('没来', { standing: 'offline' }),
    ] }))
    await at('/monitor')
    expect(screen.getAllByTitle(/^(老周|小林|小孙|没来)$/).map((name) => name.textContent)).toEqual(['小林', '老周', '小孙'])
    expect([screen.getByText('午饭'), screen.getByText('离开 · 因连续错过'), screen.getByText('离线 1 人')]).toHaveLength(3)
  })

  it('asks for one team when one is chosen, and says so in the address', async () => {
    net.answers('reportsMonitor', monitor())
    const scene = await at('/monitor')
    await choose(scene, '小组', '售前')
    await comesTo('/monitor?team=t1')
    expect(net.asked('reportsMonitor').map(({ query }) => query)).toEqual([{}, { team_id: 't1' }])
    expect(screen.queryByRole('heading', { name: '所有人' })).toBeNull()
    await choose(scene, '小组', '全部小组')
    await comesTo('/monitor')
  })

  it('reads anew when it hears that something has moved, once in a while at the most', async () => {
    net.answers('reportsMonitor', monitor())
    await visit('/monitor')
    await soon(() => expect(net.asked('reportsMonitor')).toHaveLength(1))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    for (let turn = 0; turn < 10; turn += 1) net.tell({ type: 'stale', topic: 'reception' } as never)
    await vi.advanceTimersByTimeAsync(PAUSE_MS)
    await soon(() => expect(net.asked('reportsMonitor').length).toBeGreaterThan(1))
    net.tell({ type: 'stale', topic: 'visitors' } as never)
    await vi.advanceTimersByTimeAsync(PAUSE_MS)
    expect(net.asked('reportsMonitor')).toHaveLength(2)
  })

  it('says what it is for where there is no reception, to those who can set it up', async () => {
    net.refuses('reportsMonitor', problem(404, 'routing.no_reception', '还没有启用。'))
    await at('/monitor')
    expect([screen.getByText('还没有启用接待分配'), screen.getByRole('link', { name: '去设置接待' })]).toHaveLength(2)
  })

  it('says that it cannot be read, and reads it when asked again', async () => {
    net.breaks('reportsMonitor')
    const scene = await at('/monitor')
    expect(alerts()).toEqual([expect.stringContaining('暂时连不上服务器')])
    net.answers('reportsMonitor', monitor())
    await press(scene, '重试')
    expect([alerts(), card('售前')]).toEqual([[], expect.anything()])
  })

  it('tells somebody in no team why it is empty, and offers an agent no settings', async () => {
    as()
    net.answers('reportsMonitor', monitor({ teams: [] }))
    await at('/monitor', 'en')
    expect([screen.getByText('You are in no team yet'), screen.queryByRole('link', { name: 'Alerts' })]).toEqual([expect.anything(), null])
  })
})

describe('alerts', () => {
  const body = (): unknown => net.asked('reportsAddAlertRule').at(-1)?.body
  beforeEach(() => net.answers('reportsListAlertRules', { items: [rule('r1', { on: true }), rule('r2', { kind: 'service_level', threshold: 80, active: false })] }))

  it('are listed in words, with what is on and what is off', async () => {
    net.answers('reportsListAlerts', { items: [alert('a2'), alert('a1', { ended_at: AT, reason: 'over' })], next: null })
    await at('/monitor/alerts')
    expect(screen.getByTitle('排队达到 5 人').closest('li')?.textContent).toContain('正在提醒')
    expect(screen.getByTitle('服务水平低于 80%').closest('li')?.textContent).toContain('已停用')
    expect([screen.getByText('仍在持续'), screen.getByText('持续 30 秒 · 恢复正常')]).toHaveLength(2)
  })

  it('are made from a form that knows what is usual', async () => {
    net.answers('reportsAddAlertRule', rule('r9'))
    const scene = await at('/monitor/alerts')
    await press(scene, '新建提醒')
    await choose(scene, '什么时候提醒', '服务水平过低')
    expect(field('低于（%）').value).toBe('80')
    await choose(scene, '范围', '售前')
    await write('至少统计多少会话', '30')
    await press(scene, '保存')
    expect(body()).toEqual({ kind: 'service_level', team_id: 't1', threshold: 80, least: 30, level: 'warning', active: true })
    await soon(() => expect(screen.queryByRole('dialog')).toBeNull())
  })

  it('that are refused stay in the form with the reason beside the field', async () => {
    net.refuses('reportsAddAlertRule', problem(400, 'reports.bad_threshold', '请填写 5 到 86400 之间的数。', { field: 'threshold' }))
    const scene = await at('/monitor/alerts')
    await press(scene, '新建提醒')
    await write('等待达到（秒）', '2')
    await press(scene, '保存')
    expect([screen.getByText('请填写 5 到 86400 之间的数。'), field('等待达到（秒）').value]).toEqual([expect.anything(), '2'])
  })

  it('are switched on and off, and the rest stays as it is', async () => {
    net.answers('reportsChangeAlertRule', rule('r1', { active: false }))
    const scene = await at('/monitor/alerts')
    await scene.user.click(screen.getByRole('switch', { name: '启用“排队达到 5 人”' }))
    await settled()
    expect(net.asked('reportsChangeAlertRule')[0]?.body).toEqual({ kind: 'waiting', team_id: null, threshold: 5, least: 10, level: 'warning', active: false })
  })

  it('are taken away after a question that names them', async () => {
    net.answers('reportsArchiveAlertRule', undefined as never)
    const scene = await at('/monitor/alerts')
    await press(scene, '移除“排队达到 5 人”')
    expect(screen.getByRole('dialog', { name: '移除“排队达到 5 人”' })).toBeTruthy()
    expect(net.asked('reportsArchiveAlertRule')).toEqual([])
    await press(scene, '移除')
    expect(net.asked('reportsArchiveAlertRule')).toHaveLength(1)
  })

  it('are no page for somebody who does not run reception', async () => {
    as()
    net.answers('channelsList', { items: [] })
    net.answers('channelsKinds', { items: [] })
    await at('/monitor/alerts')
    expect(screen.queryByText('提醒设置')).toBeNull()
  })

  it('are told once wherever the supervisor is, and not where she sees them anyway', async () => {
    const begun = { began_at: new Date().toISOString() }
    net.answers('reportsListAlerts', { items: [alert('a1', begun)], next: null })
    net.answers('reportsMonitor', monitor())
    await visit('/nowhere/at/all')
    expect(await screen.findByText('最长等待达到 1:00')).toBeTruthy()
    net.answers('reportsListAlerts', { items: [alert('a2', { ...begun, kind: 'abandoned', threshold: 3 }), alert('a1', begun)], next: null })
    await visit('/monitor')
    net.tell({ type: 'stale', topic: 'alerts' } as never)
    await soon(() => expect(sessionStorage.getItem('kz.alerts')).toContain('a2'))
    expect(screen.queryByText('今日放弃达到 3 人')).toBeNull()
  })

  it('of a channel say which, and what to do', async () => {
    const begun = { began_at: new Date().toISOString(), account_id: 'c1', account: '客栈公众号' }
    net.answers('reportsListAlerts', { items: [alert('a3', { ...begun, kind: 'channel_down', threshold: 1, value: 1, level: 'critical' })], next: null })
    await visit('/nowhere/at/all')
    expect([await screen.findByText('渠道连接异常'), screen.getByText('客栈公众号 · 到渠道概览测试连接，核对凭证')]).toHaveLength(2)
  })

  it('of channels watch each of them: no team, and nothing to count where a connection breaks', async () => {
    const scene = await at('/monitor/alerts')
    net.answers('reportsAddAlertRule', rule('r9', { kind: 'channel_down' }))
    await press(scene, '新建提醒')
    await choose(scene, '什么时候提醒', '渠道连接异常')
    expect([screen.queryByLabelText('范围'), screen.queryByLabelText('连接异常')]).toEqual([null, null])
    await press(scene, '保存')
    expect(body()).toMatchObject({ kind: 'channel_down', threshold: 1, team_id: null })
  })
})

describe('why people wait', () => {
  it('is one sentence, then seats, those who wait and the rules', async () => {
    net.answers('reportsDiagnose', diagnosis({
      cause: 'full', causes: { full: 2, skill: 1 }, waiting: 12, serving: 7, max_open: 7,
      waits: [
        { conversation_id: 'c1', contact_name: '王女士', contact_number: '000001', channel: 'webchat', since: ago(95), rule: '官网', cause: 'full', why: { full: 2, on_break: 1 }, lacks: [], asked: '', message: false, steps: 0, next_step_at: ago(-25), opens_at: null },
        { conversation_id: 'c2', contact_name: '', contact_number: '000002', channel: 'webchat', since: ago(30), rule: '', cause: 'skill', why: { lacks_skill: 3 }, lacks: ['英语'], asked: '', message: true, steps: 1, next_step_at: ago(5), opens_at: null },
      ],
      seats: [{ membership_id: 'm1', name: '老周', why: 'on_break', since: ago(300), reason: '午饭', auto: '', live_used: 1, live_units: 5 }],
      rules: [{ id: 'r1', name: '官网', direct: true, by_steps: [], needs: [], priority: 5, accept_seconds: 0, steps: [{ after_seconds: 120, team_ids: ['t2'] }], waiting: 11 }],
      passed: [{ at: AT, kind: 'missed', member: '小林', conversation_id: 'c9' }],
    }))
    await at('/monitor/teams/t1')
    expect([screen.getByRole('heading', { name: '售前：为什么在等' }), screen.getByText('在线的人都已满。'), screen.getByText('缺少技能 1')]).toHaveLength(3)
    const rows = screen.getAllByTitle('查看会话').map((row) => row.textContent)
    expect(rows[0]).toMatch(/王女士都已满.*25 秒 后扩大范围 · 2 已满、1 小休.*官网/)
    expect(rows[1]).toMatch(/访客 000002缺少技能.*没有人会：英语 · 已转为留言 · 3 缺少技能.*其余客户/)
    expect(screen.getByText('以下是等得最久的 2 个会话的原因。')).toBeTruthy()
    expect([screen.getByText('午饭'), screen.getByText('等 2:00 后：售后 也可以接'), screen.getByText('小林 错过了'), screen.getByText('同时服务 7 / 7')]).toHaveLength(4)
  })

  it('says so where nobody waits', async () => {
    net.answers('reportsDiagnose', diagnosis())
    await at('/monitor/teams/t1', 'en')
    expect([screen.getByText('Nobody is waiting now.'), screen.getByText('Nobody in this team serves customers.')]).toHaveLength(2)
  })

  it('says that a team is none of hers', async () => {
    net.refuses('reportsDiagnose', problem(404, 'workspaces.no_such_team', '没有这个小组。'))
    await at('/monitor/teams/t9')
    expect(alerts()).toEqual([expect.stringContaining('没有这个小组。')])
  })
})

describe('the wallboard', () => {
  const many = Array.from({ length: 8 }, (_, n) => team(`t${n}`, `小组${n}`, n === 7 ? { alert: 'critical' } : {}))
  const shown = (): string[] => screen.getAllByRole('heading', { level: 2 }).map((head) => head.textContent.trim())

  it('has the screen to itself, what is wrong first', async () => {
    screenIs(1440)
    net.answers('reportsMonitor', monitor({ teams: many }))
    await visit('/monitor/wall')
    await soon(() => expect(shown()[0]).toContain('小组7'))
    expect([screen.queryByRole('navigation'), screen.getByText('第 1 页，共 2 页')]).toEqual([null, expect.anything()])
  })

  it('turns its pages by itself, and stops when asked', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    net.answers('reportsMonitor', monitor({ teams: many }))
    await at('/monitor/wall')
    await vi.advanceTimersByTimeAsync(12_000)
    await nextTick()
    expect(shown()).toEqual(['小组5', '小组6'])
    await fireEvent.click(button('停止轮播'))
    await vi.advanceTimersByTimeAsync(60_000)
    await nextTick()
    expect([shown(), button('继续轮播')]).toEqual([['小组5', '小组6'], expect.anything()])
  })

  it('says that all is well where it is', async () => {
    net.answers('reportsMonitor', monitor())
    await at('/monitor/wall', 'en')
    expect([screen.getByText('All is well'), screen.queryByRole('button', { name: 'Stop turning pages' })]).toEqual([expect.anything(), null])
  })
})
