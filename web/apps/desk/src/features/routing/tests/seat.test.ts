import { fireEvent, screen } from '@testing-library/vue'
import { describe, expect, it } from 'vitest'
import { button, press, problem } from '../../../tests/hands'
import { me, net, place, settled, soon, visit, type Scene } from '../../../tests/stage'
import { useSeat } from '..'
import SeatMenu from '../components/SeatMenu.vue'
import SeatNotice from '../components/SeatNotice.vue'
import { isFull } from '../looks'
import { seat } from './fixtures'

const REASONS = [{ id: 'b1', name: '午饭' }, { id: 'b2', name: '培训' }]
const control = (): HTMLElement => screen.getByRole('button', { name: /我的状态/ })
const entries = (): (string | undefined)[] => screen.getAllByRole('menuitemcheckbox').map((item) => item.textContent?.trim())

async function sit(more = {}, language: 'zh-CN' | 'en' = 'zh-CN'): Promise<Scene> {
  net.answers('routingGetSeat', seat(more))
  net.answers('routingListOffers', { items: [] })
  net.answersIfSilent('routingListReasons', { items: REASONS })
  const scene = await place(SeatMenu, { rail: true }, { language })
  await soon(() => expect(useSeat().seat).toBeTruthy())
  await settled()
  return scene
}

describe('the own state', () => {
  it.each([
    [{}, '我的状态：在线，接待 3/5'],
    [{ state: 'busy', live_used: 0 }, '我的状态：忙碌，接待 0/5'],
    [{ state: 'away', reason_id: 'b1', reason: '午饭' }, '我的状态：午饭，接待 3/5'],
  ])('is told in words, with its time and the load (%o)', async (more, told) => {
    await sit(more)
    expect(control().getAttribute('aria-label')).toBe(told)
    expect(control().textContent).toMatch(/1:0\d/)
  })

  it('speaks the reader’s language', async () => {
    await sit({}, 'en')
    expect(screen.getByRole('button', { name: 'My state: Online, serving 3 of 5' })).toBeTruthy()
  })

  it('is not there where the workspace has no reception, though colleagues may ask her to take over', async () => {
    await place(SeatMenu, { rail: true })
    await soon(() => expect(useSeat().there).toBe(false))
    await soon(() => expect(net.asked('routingListOffers')).toHaveLength(1))
    expect(screen.queryByRole('button')).toBeNull()
  })

  it('is not asked for by those who do not serve', async () => {
    net.answers('workspacesGetMe', me({ permissions: ['conversation.read'] }))
    await place(SeatMenu, { rail: true })
    expect([net.asked('routingGetSeat'), useSeat().there]).toEqual([[], null])
  })

  it('stays as it is known when it cannot be read again', async () => {
    await sit()
    net.breaks('routingGetSeat')
    await useSeat().load()
    expect([useSeat().there, useSeat().seat?.live_used]).toEqual([true, 3])
  })

  it('follows what another device does', async () => {
    await sit()
    net.tell({ type: 'seat', seat: seat({ state: 'busy', live_used: 5 }) })
    await settled()
    expect(control().getAttribute('aria-label')).toContain('忙碌')
    expect(control().textContent).toContain('5/5')
  })

  it('keeps what a frame has told while it was being read', async () => {
    const answer = net.holds('routingGetSeat')
    net.answers('routingListOffers', { items: [] })
    await place(SeatMenu, { rail: true })
    net.tell({ type: 'seat', seat: seat({ state: 'away' }) })
    answer(seat({ state: 'online' }))
    await settled()
    expect(useSeat().seat?.state).toBe('away')
  })
})

describe('the menu of states', () => {
  it('offers the states and the workspace’s own breaks, the present one marked', async () => {
    const { user } = await sit({ state: 'away', reason_id: 'b2', reason: '培训' })
    await user.click(control())
    await soon(() => expect(entries()).toEqual(['在线自动接收新会话', '忙碌只处理手上的会话', '离开暂不接收新会话', '午饭', '培训']))
    const marked = screen.getAllByRole('menuitemcheckbox').filter((item) => item.getAttribute('aria-checked') === 'true')
    expect(marked.map((item) => item.textContent?.trim())).toEqual(['培训'])
  })

  it.each([
    ['忙碌', { state: 'busy', reason_id: null }],
    ['午饭', { state: 'away', reason_id: 'b1' }],
  ])('%s is stored and shown as the server has it', async (name, body) => {
    const { user } = await sit()
    net.answers('routingSetState', ({ body: asked }) => seat({ state: asked.state, reason_id: asked.reason_id ?? null, reason: asked.reason_id ? '午饭' : '' }))
    await user.click(control())
    await user.click(await screen.findByRole('menuitemcheckbox', { name: new RegExp(`^${name}`) }))
    await soon(() => expect(control().getAttribute('aria-label')).toContain(name))
    expect(net.asked('routingSetState').map((one) => one.body)).toEqual([body])
  })

  it('opens by its key, and a refusal is said and changes nothing', async () => {
    net.refuses('routingSetState', problem(404, 'routing.no_such_reason', '这个小休原因已不存在，请另选一个。'))
    net.answers('routingGetSeat', seat())
    net.answers('routingListOffers', { items: [] })
    net.answers('routingListReasons', { items: REASONS })
    const { user } = await visit('/nowhere/at/all')
    await soon(() => expect(control()).toBeTruthy())
    await fireEvent.keyDown(document.body, { key: 's' })
    await user.click(await screen.findByRole('menuitemcheckbox', { name: '午饭' }))
    expect(await screen.findByText('这个小休原因已不存在，请另选一个。')).toBeTruthy()
    expect(control().getAttribute('aria-label')).toContain('在线')
  })

  it('says that a shift is over', async () => {
    const { user } = await sit({ on_duty: false })
    await user.click(control())
    expect(await screen.findByText('不在班次内，暂不分配新会话')).toBeTruthy()
  })
})

describe('a state that the house has set', () => {
  const notice = async (more: object): Promise<Scene> => {
    net.answers('routingGetSeat', seat(more))
    net.answers('routingListOffers', { items: [] })
    net.answers('routingGetSettings', { missed_limit: 3 } as never)
    const scene = await place(SeatNotice)
    await soon(() => expect(useSeat().seat).toBeTruthy())
    await settled()
    return scene
  }
  const told = (): string => screen.getByRole('status').textContent?.trim() ?? ''

  it.each([
    ['missed', '你连续错过了 3 个邀请，已切换为离开。'],
    ['lost', '你的连接断开过久，已切换为离开。'],
    ['shift', '你的班次已结束，已切换为离开。'],
  ])('%s says why', async (auto, text) => {
    await notice({ state: 'away', auto })
    await soon(() => expect(told()).toContain(text))
  })

  it.each([{ state: 'away' }, { state: 'online', auto: 'lost' }, { state: 'away', auto: 'something newer' }])('is silent about %o', async (more) => {
    await notice(more)
    expect(told()).toBe('')
  })

  it('leads back online', async () => {
    const scene = await notice({ state: 'away', auto: 'missed' })
    net.answers('routingSetState', seat())
    await press(scene, '回到在线')
    await soon(() => expect(told()).toBe(''))
    expect(net.asked('routingSetState').map((one) => one.body)).toEqual([{ state: 'online', reason_id: null }])
  })

  it('stays, and says why, where that was refused', async () => {
    const scene = await notice({ state: 'away', auto: 'missed' })
    net.breaks('routingSetState')
    await press(scene, '回到在线')
    expect(await screen.findByText('暂时连不上服务器。已输入的内容还在，请检查网络后重试。')).toBeTruthy()
    expect(button('回到在线')).toBeTruthy()
  })
})

it.each([[5, 5, true], [6, 5, true], [4, 5, false], [0, 0, true]])('a seat with %i of %i is full: %s', (live_used, live_units, full) => {
  expect(isFull({ live_used, live_units })).toBe(full)
})
