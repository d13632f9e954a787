import { afterEach, expect, it } from 'vitest'
import { me, net, place, settled } from '../../../tests/stage'
import { useSession } from '../../workspaces'
import ScreenMark from '../components/ScreenMark.vue'
import { minuteOf, tailOf, Watermark } from '../watermark'

const marks = (): HTMLElement[] => [...document.body.children].filter((one): one is HTMLElement => one.getAttribute('aria-hidden') === 'true' && !one.children.length)
let mark: Watermark | undefined
afterEach(() => mark?.end())

it('tells an address by its end and the minute in one way everywhere', () => {
  expect([tailOf('lin.wanqing@shop.example'), tailOf('a@b.cn'), tailOf('nothing at all')]).toEqual(['…ing@shop.example', '…a@b.cn', 'at all'])
  expect(minuteOf(new Date(2026, 0, 5, 7, 3, 59))).toBe('2026-01-05 07:03')
})

it('comes back when it is removed, hidden or changed, and goes when it is over', async () => {
  mark = new Watermark()
  mark.write(['林晚晴 <script>', '16:45'])
  expect(marks()).toHaveLength(1)
  for (const spoil of [(one: HTMLElement) => one.remove(), (one: HTMLElement) => (one.style.display = 'none'), (one: HTMLElement) => (one.hidden = true), (one: HTMLElement) => one.removeAttribute('aria-hidden')]) {
    const [before] = marks()
    spoil(before!)
    await settled()
    expect(marks()).toHaveLength(1)
    expect(marks()[0]).not.toBe(before)
    expect(marks()[0]!.attributes).toHaveLength(1)
  }
  mark.end()
  await settled()
  expect(marks()).toHaveLength(0)
})

it('lies on the screens of the roles the workspace has named, and on no other', async () => {
  net.answers('workspacesGetMe', me({ role: 'agent' }))
  const before = marks().length
  await place(ScreenMark, {})
  expect(marks()).toHaveLength(before)
  const session = useSession()
  session.settle({ ...session.me!.workspace, watermark: ['agent'] })
  await settled()
  expect(marks()).toHaveLength(before + 1)
  session.settle({ ...session.me!.workspace, watermark: ['supervisor'] })
  await settled()
  expect(marks()).toHaveLength(before)
})
