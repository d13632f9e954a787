import type { ForecastView, Permission, RosterView, StaffingSettings } from '@kezhan/api'
import { fireEvent, screen, within } from '@testing-library/vue'
import { beforeEach, describe, expect, it } from 'vitest'
import { RouterView } from 'vue-router'
import { alerts, beside, button, press, problem, write } from '../../../tests/hands'
import { agentMay, me, net, place, settled, type Scene } from '../../../tests/stage'
import { mondayOf, todayIn, weekOf } from '../week'

const MONDAY = mondayOf(todayIn('Asia/Shanghai'))
const early = { id: 's1', name: '早班', starts: '09:00', ends: '13:00', minutes: 240, colour: 'pine', archived: false } as const
const late = { id: 's2', name: '晚班', starts: '13:00', ends: '22:00', minutes: 540, colour: 'amber', archived: false } as const
const planned = { membership_id: 'm1', day: MONDAY, shift_id: 's1', starts_at: `${MONDAY}T01:00:00.000Z`, ends_at: `${MONDAY}T05:00:00.000Z` }
const roster = (more: Partial<RosterView> = {}): RosterView => ({
  time_zone: 'Asia/Shanghai', today: MONDAY, since: MONDAY, days: 7, shifts: [early, late],
  members: [{ id: 'm1', name: '林晚晴', team_ids: [] }, { id: 'm2', name: '周明', team_ids: [] }], entries: [planned], ...more,
})
const settings: StaffingSettings = {
  switch_seats: true, at_end: 'stay', share: 0.8, within_seconds: 20, short_seconds: 5, shrinkage: 0.3, concurrency: null, handle_seconds: null, patience_seconds: null,
}
const seats = (count: number) => ({ seats: count, working: count, occupancy: 0.5, service_level: 0.9, asa_s: 1, abandoned: 0 })
const forecast = (more: Partial<ForecastView> = {}, known = true): ForecastView => ({
  time_zone: 'Asia/Shanghai', today: MONDAY, history_since: '2026-01-01', weeks: 8, fewest_days: 2, concurrency: 5, handle_s: 300, patience_s: null,
  measured: { conversations: 500, alone_s: 280, each: 0.1, concurrency: 1.4, patience_s: null, left: 3 }, settings, left_out: [],
  days: weekOf(MONDAY).map((day) => ({
    day, holiday: false, seen: known ? 8 : 1, growth: 1,
    slots: Array.from({ length: 48 }, (_, slot) => ({
      arrivals: known ? (slot === 20 ? 6 : 0) : null, low: known ? 3 : null, high: known ? 9 : null, handle_s: known ? 300 : null,
      patient: known ? seats(slot === 20 ? 3 : 0) : null, impatient: null, rostered: slot === 20 ? 1 : 0,
    })),
  })),
  ...more,
})
const as = (...permissions: Permission[]): void => net.answers('workspacesGetMe', me({ permissions: [...agentMay, ...permissions] }))
const at = (tab: string, language: 'zh-CN' | 'en' = 'zh-CN'): Promise<Scene> => place(RouterView as never, {}, { path: `/settings/staffing?tab=${tab}`, lineOpen: false, language })

beforeEach(() => {
  as('routing.manage')
  net.answers('workspacesListTeams', { items: [] })
  net.answers('staffingRoster', roster())
  net.answers('staffingShifts', { items: [early, late] })
  net.answers('staffingPatterns', { items: [] })
  net.answers('staffingSettings', settings)
  net.answers('staffingForecast', forecast())
})

const cell = (name: RegExp): HTMLElement => screen.getByRole('button', { name })
const asked = (): unknown => net.asked('staffingChangeRoster').at(-1)?.body

describe('the roster', () => {
  it('shows who works when, and how many hours', async () => {
    await at('roster')
    expect(cell(/林晚晴.*早班 09:00–13:00/).getAttribute('aria-pressed')).toBe('true')
    expect([screen.getByText('4 小时'), screen.getByText('0 小时')]).toHaveLength(2)
    expect(screen.getAllByRole('button', { name: /周明.*无班次/ })).toHaveLength(7)
  })

  it('puts the chosen shift in by a click with the keyboard, and takes it out again', async () => {
    const scene = await at('roster')
    net.answers('staffingChangeRoster', { written: 1, kept: 0 })
    await scene.user.click(screen.getByRole('radio', { name: /晚班/ }))
    const free = screen.getAllByRole('button', { name: /周明.*无班次/ })[0]!
    free.focus()
    await scene.user.keyboard('{Enter}')
    await settled()
    expect(asked()).toEqual({ cells: [{ membership_id: 'm2', day: MONDAY, shift_ids: ['s2'] }] })
    await scene.user.click(screen.getByRole('radio', { name: /早班/ }))
    cell(/林晚晴.*早班/).focus()
    await scene.user.keyboard('{Enter}')
    await settled()
    expect(asked()).toEqual({ cells: [{ membership_id: 'm1', day: MONDAY, shift_ids: [] }] })
  })

  it('takes a stroke over several days as one change', async () => {
    await at('roster')
    net.answers('staffingChangeRoster', { written: 3, kept: 0 })
    const free = screen.getAllByRole('button', { name: /周明.*无班次/ })
    await fireEvent.pointerDown(free[0]!, { button: 0, pointerType: 'mouse' })
    await fireEvent.pointerEnter(free[1]!)
    await fireEvent.pointerEnter(free[2]!)
    await fireEvent.pointerUp(window)
    await settled()
    expect(net.asked('staffingChangeRoster')).toHaveLength(1)
    expect((asked() as { cells: unknown[] }).cells).toHaveLength(3)
  })

  it('moves with the arrow keys', async () => {
    const scene = await at('roster')
    cell(/林晚晴.*早班/).focus()
    await scene.user.keyboard('{ArrowDown}{ArrowRight}')
    expect(document.activeElement?.getAttribute('data-cell')).toBe('1-1')
    await scene.user.keyboard('{ArrowUp}{ArrowLeft}{ArrowLeft}')
    expect(document.activeElement?.getAttribute('data-cell')).toBe('0-0')
  })

  it('says why a change was refused and shows what is stored', async () => {
    const scene = await at('roster')
    net.refuses('staffingChangeRoster', problem(409, 'staffing.overlap', '周明 会同时有两个班次。'))
    screen.getAllByRole('button', { name: /周明.*无班次/ })[0]!.focus()
    await scene.user.keyboard('{Enter}')
    await settled()
    expect(await screen.findAllByText('周明 会同时有两个班次。')).not.toEqual([])
    expect(screen.getAllByRole('button', { name: /周明.*无班次/ })).toHaveLength(7)
  })

  it('copies last week and says what was kept', async () => {
    const scene = await at('roster')
    net.answers('staffingCopyWeek', { written: 9, kept: 1 })
    await press(scene, '复制上一周')
    expect(net.asked('staffingCopyWeek')[0]?.body).toMatchObject({ to_week: MONDAY, membership_ids: [] })
    expect(await screen.findAllByText(/已排入 9 个班次；1 天/)).not.toEqual([])
  })

  it('asks for a shift first where there is none', async () => {
    net.answers('staffingRoster', roster({ shifts: [], entries: [] }))
    await at('roster')
    expect(screen.getByText('还没有班次')).toBeTruthy()
  })

  it('can be asked for again where it cannot be read', async () => {
    net.breaks('staffingRoster')
    const scene = await at('roster')
    expect(alerts()).toHaveLength(1)
    net.answers('staffingRoster', roster())
    await press(scene, '重试')
    expect(cell(/林晚晴.*早班/)).toBeTruthy()
  })
})

describe('the forecast', () => {
  it('says where people are missing, and how it is reckoned', async () => {
    await at('forecast')
    expect(screen.getByText('有 1 个半小时人手不足，最多缺 2 人。')).toBeTruthy()
    expect(screen.getByText(/每多一个并行会话慢 10 %/)).toBeTruthy()
    expect(screen.getByText(/不足 20 人，耐心未知/)).toBeTruthy()
  })

  it('has its figures in a table too', async () => {
    await at('forecast')
    const row = within(screen.getByRole('table')).getByRole('row', { name: /10:00/ })
    expect(row.textContent).toMatch(/6 \(3–9\).*300.*3.*–.*1.*90%/)
  })

  it('owns up to too little history and shows the roster all the same', async () => {
    net.answers('staffingForecast', forecast({ measured: { conversations: 3, alone_s: null, each: null, concurrency: null, patience_s: null, left: 0 } }, false))
    await at('forecast', 'en')
    expect(screen.getByText('Not enough history for a forecast')).toBeTruthy()
    expect(screen.getByText(/Days like this one seen: 1; it takes 2/)).toBeTruthy()
    expect(screen.getByRole('img', { name: /Seats by half hour/ })).toBeTruthy()
  })

  it('is reckoned again with other targets, those left empty measured', async () => {
    const scene = await at('forecast')
    expect(button('保存并重新计算').disabled).toBe(true)
    await write('及时接入比例（%）', '90')
    await write('同时接待数', '3')
    net.answers('staffingSaveSettings', settings)
    await press(scene, '保存并重新计算')
    expect(net.asked('staffingSaveSettings')[0]?.body).toMatchObject({ share: 0.9, concurrency: 3, handle_seconds: null, switch_seats: true })
    expect(net.asked('staffingForecast').length).toBeGreaterThan(1)
  })

  it('says beside the field what does not fit', async () => {
    const scene = await at('forecast')
    await write('时限（秒）', '30')
    net.refuses('staffingSaveSettings', problem(400, 'kit.bad_field', '超出范围。', { field: 'within_seconds' }))
    await press(scene, '保存并重新计算')
    expect(beside('时限（秒）')).toContain('超出范围')
  })
})

describe('shifts', () => {
  it('are made, with the next day spelt out', async () => {
    const scene = await at('shifts')
    await press(scene, '新建班次')
    await write('名称', '夜班')
    await write('开始', '22:00')
    await write('结束', '06:00')
    expect(screen.getByText('次日结束')).toBeTruthy()
    net.answers('staffingCreateShift', { ...late, id: 's3', name: '夜班' })
    await press(scene, '保存')
    expect(net.asked('staffingCreateShift')[0]?.body).toEqual({ name: '夜班', starts: '22:00', ends: '06:00', colour: 'pine' })
  })

  it('are not removed while they are planned, and say where', async () => {
    const scene = await at('shifts')
    net.refuses('staffingArchiveShift', problem(409, 'staffing.shift_in_use', '“早班”仍在使用。'))
    await press(scene, '删除 早班')
    await press(scene, '移除')
    expect(await screen.findAllByText('“早班”仍在使用。')).not.toEqual([])
  })

  it('switch seats or do not', async () => {
    const scene = await at('shifts')
    net.answers('staffingSaveSettings', { ...settings, switch_seats: false })
    await scene.user.click(screen.getByRole('switch', { name: /由班次切换坐席/ }))
    await settled()
    expect(net.asked('staffingSaveSettings')[0]?.body).toMatchObject({ switch_seats: false, share: 0.8 })
  })
})

describe('an agent', () => {
  it('sees her own shifts and nothing to plan', async () => {
    as()
    const ends_at = '2099-01-01T05:00:00.000Z'
    net.answers('staffingOwnRoster', { time_zone: 'Asia/Shanghai', today: MONDAY, on_duty: true, shifts: [early], entries: [{ ...planned, ends_at }] })
    await at('roster')
    expect([screen.getByText('早班'), screen.getByText('在岗')]).toHaveLength(2)
    expect(screen.queryByText('复制上一周')).toBeNull()
  })
})
