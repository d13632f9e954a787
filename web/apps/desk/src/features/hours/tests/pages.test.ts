import type { Permission } from '@kezhan/api'
import { fireEvent, screen, within } from '@testing-library/vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { RouterView } from 'vue-router'
import { alerts, beside, button, choose, comesTo, field, press, problem, where, write } from '../../../tests/hands'
import { me, net, place, settled, soon, type Scene } from '../../../tests/stage'
import { weekFrom } from '../week'
import { holidays, preview, schedule } from './stock'

const READS: Permission[] = ['member.read', 'channel.read']
const MANAGES: Permission[] = [...READS, 'routing.manage']
const as = (permissions: Permission[]): void => net.answers('workspacesGetMe', me({ permissions }))
const at = (path: string): Promise<Scene> => place(RouterView as never, {}, { path, lineOpen: false })
const toasts = (text: string): Promise<HTMLElement> => screen.findByText(text)

/** Puts a time into a field and leaves it. */
async function time(label: string, text: string): Promise<void> {
  await write(label, text)
  await fireEvent.change(field(label))
  await settled()
}

/** The week a request carried, as days of [start, end]. */
const sent = (body: unknown): number[][][] => (body as { weekly: { days: { start: number; end: number }[][] } }).weekly.days.map((day) => day.map(({ start, end }) => [start, end]))

beforeEach(() => {
  as(MANAGES)
  net.answers('hoursList', { items: [schedule()] })
  net.answers('hoursGet', schedule())
  net.answers('hoursListUses', { items: [] })
  net.answers('hoursListHolidays', { items: [holidays()] })
  net.answers('hoursListReady', { items: [] })
  net.answers('hoursPreview', preview())
  net.answers('channelsList', { items: [] })
  net.answers('channelsKinds', { items: [] })
  net.answers('workspacesListTeams', { items: [] })
})

describe('the list', () => {
  it('tells each schedule’s hours, whether it is open, and until when by its own clock', async () => {
    net.answers('hoursList', { items: [
      schedule(),
      schedule({ id: 's2', name: '柏林', time_zone: 'Europe/Berlin', weekly: { days: weekFrom(() => [{ start: 1320, end: 1800 }]) }, open: false, changes_at: '2030-01-07T21:00:00.000Z' }),
      schedule({ id: 's3', name: '不开', weekly: { days: weekFrom(() => []) }, open: false }),
    ] })
    await at('/settings/hours')
    const rows = ['白班', '柏林', '不开'].map((name) => screen.getByTitle(name).closest('a'))
    expect(rows.map((row) => [row?.getAttribute('href'), row?.textContent])).toEqual([
      ['/settings/hours/s1', '白班一直营业周一至周五 09:00–18:00'],
      ['/settings/hours/s2', expect.stringMatching(/^柏林休息中，1月7日周一 ?22:00 开始周一至周日 22:00–06:00 · Europe\/Berlin$/)],
      ['/settings/hours/s3', '不开不营业不营业'],
    ])
  })

  it('says that there is none yet and what that means, and leads to the first', async () => {
    net.answers('hoursList', { items: [] })
    await at('/settings/hours')
    expect([screen.getByText('没有设置时全天都算工作时间。'), screen.getByRole('link', { name: '新建工作时间' }).getAttribute('href')]).toEqual([expect.anything(), '/settings/hours/new'])
    expect(screen.queryByText('使用范围')).toBeNull()
  })

  it('offers nothing to change to those who only read', async () => {
    as(READS)
    net.answers('hoursListReady', { items: [{ key: 'cn-2026', name: '法定', notice: '', days: 39, set_id: null }] })
    await at('/settings/hours')
    expect([screen.queryByText('新建工作时间'), screen.queryByText('导入法定'), screen.queryByLabelText('移除年会')]).toEqual([null, null, null])
    expect((screen.getByLabelText('企业空间的工作时间') as HTMLButtonElement).disabled).toBe(true)
    await at('/settings/hours/new')
    expect(where()).not.toBe('/settings/hours/new')
  })

  it.each(['hoursList', 'hoursListUses', 'hoursListHolidays'] as const)('says that %s cannot be read, and reads it when asked again', async (name) => {
    net.breaks(name)
    const scene = await at('/settings/hours')
    expect(alerts()).toEqual([expect.stringContaining('暂时连不上服务器')])
    net.answers('hoursList', { items: [schedule()] })
    net.answers('hoursListUses', { items: [] })
    net.answers('hoursListHolidays', { items: [] })
    await press(scene, '重试')
    expect([alerts(), screen.getByTitle('白班')]).toEqual([[], expect.anything()])
  })
})

describe('who keeps to which', () => {
  it('is chosen for a team and taken back', async () => {
    net.answers('workspacesListTeams', { items: [{ id: 't1', name: '售前', member_ids: [], created_at: '2026-11-01T00:00:00.000Z' }] })
    const scene = await at('/settings/hours')
    net.answers('hoursPutUse', { kind: 'team', ref_id: 't1', schedule_id: 's1' })
    net.answers('hoursListUses', { items: [{ kind: 'team', ref_id: 't1', schedule_id: 's1' }] })
    await choose(scene, '售前的工作时间', '白班')
    expect(net.asked('hoursPutUse').map(({ path, body }) => [path, body])).toEqual([[{ kind: 'team', ref_id: 't1' }, { schedule_id: 's1' }]])
    net.answers('hoursDropUse', undefined as never)
    await choose(scene, '售前的工作时间', '不另外限制')
    expect(net.asked('hoursDropUse').map(({ path }) => path)).toEqual([{ kind: 'team', ref_id: 't1' }])
  })

  it('stays as it is where that is refused, and says why', async () => {
    const scene = await at('/settings/hours')
    net.refuses('hoursPutUse', problem(409, 'hours.archived', '这个工作时间已移除，请选择其他的。'))
    await choose(scene, '企业空间的工作时间', '白班')
    expect([await toasts('这个工作时间已移除，请选择其他的。'), screen.getByLabelText('企业空间的工作时间').textContent]).toEqual([expect.anything(), '全天营业'])
  })
})

describe('writing a schedule', () => {
  it('starts with an office week in the workspace’s zone and is made of what is typed', async () => {
    const scene = await at('/settings/hours/new')
    await write('名称', ' 晚班 ')
    await time('星期一第 1 段开始', '22')
    await time('星期一第 1 段结束', '600')
    await press(scene, '移除星期二第 1 段')
    await press(scene, '给星期六添加时段')
    await time('星期六第 1 段结束', '24:00')
    net.answers('hoursCreate', schedule())
    await press(scene, '创建')
    await comesTo('/settings/hours')
    const [asked] = net.asked('hoursCreate')
    expect(asked?.body).toMatchObject({ name: '晚班', time_zone: 'Asia/Shanghai', holiday_set_ids: [] })
    expect(sent(asked?.body)).toEqual([[[1320, 1800]], [], [[540, 1080]], [[540, 1080]], [[540, 1080]], [[540, 1440]], []])
  })

  it('shows what is no time as such, and does not take it for one', async () => {
    await at('/settings/hours/s1')
    await time('星期一第 1 段开始', 'abc')
    const start = field('星期一第 1 段开始')
    expect([start.value, start.getAttribute('aria-invalid'), start.checkValidity()]).toEqual(['abc', 'true', false])
    expect(button('保存').disabled).toBe(true)
    await time('星期一第 1 段开始', '8')
    expect([start.value, start.checkValidity(), button('保存').disabled]).toEqual(['08:00', true, false])
  })

  it('copies a day to the working days', async () => {
    const { user } = await at('/settings/hours/s1')
    await time('星期一第 1 段结束', '20:00')
    await user.click(button('把星期一的时段复制到其他日子'))
    await user.click(await screen.findByRole('menuitem', { name: '复制到周一至周五' }))
    await settled()
    expect(['星期二', '星期五'].map((day) => field(`${day}第 1 段结束`).value)).toEqual(['20:00', '20:00'])
    // A copy is the day's own from then on.
    await time('星期二第 1 段结束', '21:00')
    expect(field('星期一第 1 段结束').value).toBe('20:00')
  })

  it('shows the fortnight as the server counts it, holidays named', async () => {
    await at('/settings/hours/s1')
    const days = within(screen.getByRole('region', { name: '效果预览' })).getAllByRole('listitem')
    expect(days.map((day) => day.textContent.replace(/\s+/g, ' ').trim())).toEqual(['今天休息', '11月23日周一休 · 年会休息', '11月24日周二班 · 补班09:00–12:00'])
  })

  it('asks again after a change and puts what cannot be beside its day while it is written', async () => {
    await at('/settings/hours/s1')
    net.refuses('hoursPreview', problem(400, 'hours.overlap', '09:00–18:00 与 10:00–11:00 重叠。', { field: 'weekly.days[2]' }))
    await time('星期三第 1 段结束', '17:00')
    await soon(() => expect(screen.getByText('09:00–18:00 与 10:00–11:00 重叠。').closest('[role=group]')?.getAttribute('aria-label')).toBe('星期三'))
    net.answers('hoursPreview', preview({ open: true }))
    await time('星期三第 1 段结束', '18:00')
    await soon(() => expect([alerts(), screen.getByText('一直营业')]).toEqual([[], expect.anything()]))
  })

  it.each([
    ['name', '名称'],
    ['time_zone', '时区'],
  ])('puts a refusal of %s beside its field and keeps what was typed', async (name, label) => {
    const scene = await at('/settings/hours/s1')
    net.refuses('hoursEdit', problem(409, 'x', '不行。', { field: name }))
    await write('名称', '新名')
    await press(scene, '保存')
    await soon(() => expect([screen.getByText('不行。'), field('名称').value, screen.getByText('没有保存')]).toEqual([expect.anything(), '新名', expect.anything()]))
    if (name === 'name') expect(beside(label)).toBe('不行。')
  })

  it('saves on the version it has seen, and offers the newest where somebody was quicker', async () => {
    const scene = await at('/settings/hours/s1')
    net.refuses('hoursEdit', problem(409, 'hours.changed_meanwhile', '刚才有人改过这里。'))
    await write('名称', '新名')
    await press(scene, '保存')
    expect([net.asked('hoursEdit')[0]?.body.version, alerts(), field('名称').value]).toEqual([3, [expect.stringContaining('刚才有人改过这里。')], '新名'])
    net.answers('hoursGet', schedule({ name: '别人的', version: 4 }))
    await press(scene, '载入最新内容')
    expect([field('名称').value, alerts(), button('保存').disabled]).toEqual(['别人的', [], true])
    net.answers('hoursEdit', schedule({ name: '又改', version: 5 }))
    await write('名称', '又改')
    await press(scene, '保存')
    expect([net.asked('hoursEdit').at(-1)?.body.version, screen.getByText('已保存')]).toEqual([4, expect.anything()])
  })

  it('asks before leaving with changes', async () => {
    const asked = vi.fn<(text?: string) => boolean>(() => false)
    vi.stubGlobal('confirm', asked)
    const { user } = await at('/settings/hours/s1')
    await write('名称', '新名')
    await user.click(screen.getAllByRole('link', { name: '工作时间' }).at(-1) as HTMLElement)
    await settled()
    expect([asked.mock.calls.length, where()]).toEqual([1, '/settings/hours/s1'])
  })

  it('is only looked at by those who do not manage it', async () => {
    as(READS)
    await at('/settings/hours/s1')
    expect([field('名称').disabled, field('星期一第 1 段开始').disabled, screen.queryByText('保存'), screen.queryByText('移除')]).toEqual([true, true, null, null])
  })

  it('is removed after asking by name, and stays where something keeps to it', async () => {
    const scene = await at('/settings/hours/s1')
    net.refuses('hoursArchive', problem(409, 'hours.in_use', '还有 2 处在使用。'))
    await press(scene, '移除')
    const confirm = async (): Promise<void> => {
      await scene.user.click(within(await screen.findByRole('dialog', { name: '移除工作时间 白班？' })).getByRole('button', { name: '移除' }))
      await settled()
    }
    await confirm()
    expect([await toasts('还有 2 处在使用。'), where()]).toEqual([expect.anything(), '/settings/hours/s1'])
    net.answers('hoursArchive', undefined as never)
    await press(scene, '移除')
    await confirm()
    await comesTo('/settings/hours')
  })
})

describe('holidays', () => {
  it('are imported with one press', async () => {
    const ready = { key: 'cn-2026', name: '中国法定节假日 2026', notice: 'notice', days: 39, set_id: null }
    net.answers('hoursListReady', { items: [ready] })
    const scene = await at('/settings/hours')
    net.answers('hoursTakeReady', holidays({ id: 'h2', name: ready.name, source: ready.key }))
    net.answers('hoursListReady', { items: [{ ...ready, set_id: 'h2' }] })
    await press(scene, '导入中国法定节假日 2026')
    expect([net.asked('hoursTakeReady').map(({ path }) => path), screen.queryByRole('button', { name: '导入中国法定节假日 2026' })]).toEqual([[{ key: 'cn-2026' }], null])
  })

  it('are written line by line, with hours of their own', async () => {
    const scene = await at('/settings/hours/holidays/h1')
    await press(scene, '添加一天')
    const line = screen.getByRole('group', { name: '12月26日周六' })
    await scene.user.click(within(line).getByLabelText('怎么过', { selector: 'button' }))
    await scene.user.click(await screen.findByRole('option', { name: '自定时段' }))
    await settled()
    await time('12月26日周六第 1 段结束', '11')
    net.answers('hoursEditHolidays', holidays({ version: 3 }))
    await press(scene, '保存')
    expect(net.asked('hoursEditHolidays')[0]?.body).toMatchObject({
      name: '年会', version: 2, days: [{ date: '2026-12-25', kind: 'off', name: '圣诞' }, { date: '2026-12-26', kind: 'work', intervals: [{ start: 540, end: 660 }] }],
    })
    expect(screen.getByText('已保存')).toBeTruthy()
  })

  it('are read from a list; lines that cannot be read are named and stay to be mended', async () => {
    const scene = await at('/settings/hours/holidays/new')
    net.answers('hoursReadList', { days: [{ date: '2026-10-01', kind: 'off', name: '国庆节' }], faults: [{ line: 2, text: 'oops', says: '缺少日期。' }] })
    await write('日期列表', '2026-10-01,off,国庆节\noops')
    await press(scene, '读入列表')
    expect([alerts(), field('日期列表').value, field('日期').value]).toEqual([['1 行没能读入，改好后再读一次：第 2 行 oops — 缺少日期。'], 'oops', '2026-10-01'])
    await write('表的名称', '国庆')
    net.answers('hoursCreateHolidays', holidays())
    await press(scene, '创建')
    await comesTo('/settings/hours')
    expect(net.asked('hoursCreateHolidays')[0]?.body).toEqual({ name: '国庆', days: [{ date: '2026-10-01', kind: 'off', name: '国庆节' }] })
  })

  it('say beside its line which day cannot be', async () => {
    const scene = await at('/settings/hours/holidays/h1')
    net.refuses('hoursEditHolidays', problem(400, 'hours.day_twice', '2026-12-25 在列表里出现了两次。', { field: 'days[0]' }))
    await write('表的名称', '改')
    await press(scene, '保存')
    expect([alerts(), screen.getByText('2026-12-25 在列表里出现了两次。').closest('[role=group]')?.getAttribute('aria-label')]).toEqual([['2026-12-25 在列表里出现了两次。'], '12月25日周五'])
  })

  it('are there or not', async () => {
    await at('/settings/hours/holidays/gone')
    expect(screen.getByText('没有这个节假日表')).toBeTruthy()
  })
})
