import type { Personal, PersonalView } from '@kezhan/api'
import { screen, within } from '@testing-library/vue'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { net, place, settled, soon } from '../../../tests/stage'
import { problem } from '../../../tests/hands'
import DeviceSettings from '../components/DeviceSettings.vue'
import NewVersion from '../components/NewVersion.vue'
import QuietMenu from '../components/QuietMenu.vue'
import { usePersonal } from '../personal'
import { renewed } from '../worker'

const ALL = { offer: true, message: true, mention: true, transfer: true, invite: true, alert: true }
const usual: Personal = { v: 1, push: ALL, sound: ALL, push_text: 'whole', volume: 60, muted: true, notify: true, quiet_until: null, quiet_hours: null }
const view = (more: Partial<Personal> = {}, rev = 1, quiet: PersonalView['quiet'] = []): PersonalView => ({ settings: { ...usual, ...more }, rev, quiet })
const device = { id: 'd1', name: 'Chrome · Android', host: 'fcm.example', here: false, created_at: '2026-11-22T08:00:00.000Z', used_at: null }
const hour = (from: number): PersonalView['quiet'] => [{ start: new Date(Date.now() + from).toISOString(), end: new Date(Date.now() + 3_600_000).toISOString() }]
const put = (): Personal[] => net.asked('devicesPutPersonal').map(({ body }) => body.settings)

beforeEach(() => {
  net.answers('devicesGetPersonal', view())
  net.answers('devicesPutPersonal', ({ body }) => view(body.settings, 2, body.settings.quiet_until ? [{ start: new Date().toISOString(), end: body.settings.quiet_until }] : []))
  net.answers('devicesList', { key: 'BKey', items: [device] })
  net.answers('devicesRemove', undefined as never)
})
afterEach(() => {
  renewed.value = false
})

describe('do not disturb', () => {
  it('is taken and ended in the rail, and shown there while it lasts', async () => {
    const { user } = await place(QuietMenu, {}, { lineOpen: false })
    await usePersonal().load()
    await settled()
    await user.click(screen.getByRole('button', { name: '免打扰' }))
    await user.click(await screen.findByRole('menuitem', { name: '1 小时' }))
    await soon(() => expect(screen.getByRole('button', { name: /^免打扰至/ })).toBeTruthy())
    expect(Math.round((Date.parse(put()[0]!.quiet_until!) - Date.now()) / 60_000)).toBe(60)
    await user.click(screen.getByRole('button', { name: /^免打扰至/ }))
    await user.click(await screen.findByRole('menuitem', { name: '关闭免打扰' }))
    await soon(() => expect(screen.getByRole('button', { name: '免打扰' })).toBeTruthy())
    expect(put()[1]!.quiet_until).toBeNull()
  })

  it('is what the server says of the week, and what another device has set', async () => {
    await place(QuietMenu, {}, { lineOpen: false })
    const personal = usePersonal()
    net.answers('devicesGetPersonal', view({}, 3, hour(60_000 * 20)))
    await personal.load()
    expect(personal.quietUntil).toBe('')
    net.answers('devicesGetPersonal', view({}, 4, hour(-1000)))
    personal.onPersonal(4)
    await soon(() => expect(personal.quietUntil).not.toBe(''))
    personal.onPersonal(4)
    expect(net.asked('devicesGetPersonal')).toHaveLength(2)
  })
})

describe('the settings of this device', () => {
  it('name who is told, through whom, and let each go', async () => {
    const { user } = await place(DeviceSettings, {}, { lineOpen: false })
    const list = await screen.findByRole('list', { name: '会收到通知的设备' })
    expect(list.textContent).toContain('Chrome · Android')
    expect(screen.getByText(/fcm\.example/)).toBeTruthy()
    net.answers('devicesList', { key: 'BKey', items: [] })
    await user.click(within(list).getByRole('button', { name: '移除' }))
    await soon(() => expect(screen.getByText('还没有设备')).toBeTruthy())
    expect(net.asked('devicesRemove')).toMatchObject([{ path: { device_id: 'd1' } }])
  })

  it('switch each kind by itself; alerts are for those who look after them', async () => {
    const { user } = await place(DeviceSettings, {}, { lineOpen: false })
    await user.click(await screen.findByRole('switch', { name: '我的会话有新消息 · 通知' }))
    await soon(() => expect(put()).toHaveLength(1))
    expect([put()[0]!.push, put()[0]!.sound]).toEqual([{ ...ALL, message: false }, ALL])
    expect(screen.queryByRole('switch', { name: /告警/ })).toBeNull()
  })

  it('what could not be kept is said, and set back', async () => {
    net.refuses('devicesPutPersonal', problem(503, 'kit.no_database', '请稍后再试'))
    const { user } = await place(DeviceSettings, {}, { lineOpen: false })
    const muted = await screen.findByRole('switch', { name: '全部静音' })
    await user.click(muted)
    await soon(() => expect(screen.getByText('请稍后再试')).toBeTruthy())
    expect(muted.getAttribute('aria-checked')).toBe('true')
  })

  it('quiet hours keep one day at least', async () => {
    net.answers('devicesGetPersonal', view({ quiet_hours: { days: [0], start: '22:00', end: '08:00' } }))
    const { user } = await place(DeviceSettings, {}, { lineOpen: false })
    const monday = await screen.findByRole('button', { name: '一' })
    await user.click(monday)
    expect(put()).toEqual([])
    await user.click(screen.getByRole('button', { name: '二' }))
    await soon(() => expect(put()[0]!.quiet_hours).toEqual({ days: [0, 1], start: '22:00', end: '08:00' }))
  })
})

it('a new version is not told to somebody who writes, and waits when it is put off', async () => {
  const { user } = await place(NewVersion, {}, { lineOpen: false })
  const field = document.body.appendChild(document.createElement('textarea'))
  field.focus()
  renewed.value = true
  await settled()
  expect(screen.queryByText('有新版本')).toBeNull()
  field.blur()
  await soon(() => expect(screen.getByText('有新版本')).toBeTruthy())
  await user.click(screen.getByRole('button', { name: '以后再说' }))
  expect(screen.queryByText('有新版本')).toBeNull()
  field.remove()
})
