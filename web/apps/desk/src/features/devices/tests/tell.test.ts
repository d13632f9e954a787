import type { Personal } from '@kezhan/api'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { place } from '../../../tests/stage'
import type { News } from '../index'
import { usePersonal } from '../personal'
import { showBadge } from '../badge'
import { play } from '../sounds'
import { tell } from '../tell'
import { anyInSight, isVoice } from '../voice'

vi.mock('../sounds', () => ({ play: vi.fn() }))
vi.mock('../voice', () => ({ isVoice: vi.fn(), anyInSight: vi.fn() }))
vi.mock('../worker', () => ({ registered: async () => undefined, hasPush: async () => pushed }))

let pushed: boolean
let shown: { title: string; body: string; tag: string }[]
let personal: ReturnType<typeof usePersonal>
const ALL = { offer: true, message: true, mention: true, transfer: true, invite: true, alert: true }
const usual: Personal = { v: 1, push: ALL, sound: ALL, push_text: 'whole', volume: 40, muted: false, notify: true }
const news: News = { kind: 'message', tag: 'c:1', title: '张三', body: '在吗？', path: '/conversations/mine/1' }

beforeEach(async () => {
  pushed = false
  shown = []
  vi.mocked(play).mockClear()
  vi.mocked(isVoice).mockReturnValue(true)
  vi.mocked(anyInSight).mockResolvedValue(false)
  vi.stubGlobal('Notification', class {
    static permission = 'granted'
    constructor(title: string, { body, tag }: NotificationOptions) {
      shown.push({ title, body: body ?? '', tag: tag ?? '' })
    }
  })
  await place({ template: '<div/>' }, {}, { lineOpen: false })
  personal = usePersonal()
})
afterEach(() => vi.unstubAllGlobals())

const set = (more: Partial<Personal>, quietUntil = ''): void => {
  vi.spyOn(personal, 'settings', 'get').mockReturnValue({ ...usual, ...more })
  vi.spyOn(personal, 'quietUntil', 'get').mockReturnValue(quietUntil)
}

describe('news', () => {
  it.each<[string, () => void, number, number]>([
    ['is heard and shown while no tab is in sight', () => set({}), 1, 1],
    ['is only heard where a tab is in sight', () => (set({}), vi.mocked(anyInSight).mockResolvedValue(true)), 1, 0],
    ['is shown by the worker where the browser is pushed to', () => (set({}), (pushed = true)), 1, 0],
    ['is heard from one tab of several', () => (set({}), vi.mocked(isVoice).mockReturnValue(false)), 0, 1],
    ['is silent when muted', () => set({ muted: true }), 0, 1],
    ['keeps to what is switched off', () => set({ sound: { ...ALL, message: false }, push: { ...ALL, message: false } }), 0, 0],
    ['keeps still while she is not to be disturbed', () => set({}, '2096-01-01T00:00:00.000Z'), 0, 0],
  ])('%s', async (_, setting, heard, told) => {
    setting()
    await tell(news)
    expect([vi.mocked(play).mock.calls.length, shown.length]).toEqual([heard, told])
  })

  it('says neither who nor what where she wants it so', async () => {
    set({ push_text: 'hint' })
    await tell(news)
    expect(shown).toEqual([{ title: '客栈', body: '有新消息', tag: 'c:1' }])
    expect(play).toHaveBeenCalledWith('message', 40)
  })
})

it('the badge counts and goes', () => {
  const [set, clear] = [vi.fn(async () => undefined), vi.fn(async () => undefined)]
  vi.stubGlobal('navigator', { setAppBadge: set, clearAppBadge: clear })
  document.head.innerHTML = '<link rel="icon" href="/icon.svg">'
  const link = document.querySelector<HTMLLinkElement>('link')!
  showBadge(3)
  expect([set.mock.calls, link.href.startsWith('data:image/svg')]).toEqual([[[3]], true])
  showBadge(0)
  expect([clear.mock.calls.length, link.getAttribute('href')?.endsWith('/icon.svg')]).toEqual([1, true])
})
