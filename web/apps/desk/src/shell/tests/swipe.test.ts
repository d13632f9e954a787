import { render } from '@testing-library/vue'
import { expect, it, vi } from 'vitest'
import { defineComponent, h, nextTick, ref } from 'vue'
import { useSwipeBack } from '../swipe'

const back = vi.fn()
const Screen = defineComponent({
  props: { on: { type: Boolean, default: true } },
  setup(props) {
    const screen = ref<HTMLElement | null>(null)
    useSwipeBack(screen, () => props.on, back)
    return () => h('div', { ref: screen, 'data-testid': 'screen' }, [h('p', 'words'), h('input'), h('input', { type: 'range' })])
  },
})

interface Way {
  to: [number, number]
  on?: boolean
  type?: string
  from?: string
  ms?: number
  focus?: boolean
}

async function swipe({ to: [x, y], on = true, type = 'touch', from = 'p', ms = 1000, focus = false }: Way): Promise<string> {
  back.mockClear()
  const { getByTestId, unmount } = render(Screen, { props: { on } })
  await nextTick()
  const place = getByTestId('screen')
  Object.defineProperty(place, 'clientWidth', { value: 400 })
  const target = place.querySelector<HTMLElement>(from)!
  if (focus) target.focus()
  const send = (name: string, clientX: number, clientY: number, at: number): void => {
    const event = new Event(name, { bubbles: true })
    for (const [key, value] of Object.entries({ pointerId: 1, pointerType: type, isPrimary: true, clientX, clientY, timeStamp: at })) Object.defineProperty(event, key, { value })
    target.dispatchEvent(event)
  }
  send('pointerdown', 20, 100, 0)
  send('pointermove', 20 + x / 2, 100 + y / 2, ms / 2)
  send('pointermove', 20 + x, 100 + y, ms)
  const moved = place.style.translate
  send('pointerup', 20 + x, 100 + y, ms)
  expect(place.style.translate).toBe('')
  unmount()
  return moved
}

it.each<[string, Way, number]>([
  ['far to the right', { to: [200, 10] }, 1],
  ['a short way, quickly', { to: [90, 0], ms: 100 }, 1],
  ['a short way, slowly', { to: [90, 0] }, 0],
  ['to the left', { to: [-200, 0] }, 0],
  ['down first', { to: [200, 300] }, 0],
  ['with a mouse', { to: [200, 0], type: 'mouse' }, 0],
  ['where there is nothing to go back to', { to: [200, 0], on: false }, 0],
  ['over a field that is not being written in', { to: [200, 0], from: 'input' }, 1],
  ['over the field that is', { to: [200, 0], from: 'input', focus: true }, 0],
  ['over what is drawn sideways itself', { to: [200, 0], from: '[type=range]' }, 0],
])('a finger drawn %s', async (_, way, times) => {
  await swipe(way)
  expect(back).toHaveBeenCalledTimes(times)
})

it('takes the screen with it, unless the system asks for less motion', async () => {
  expect(await swipe({ to: [200, 0] })).toBe('200px 0')
  vi.stubGlobal('matchMedia', () => ({ matches: true, addEventListener: vi.fn(), removeEventListener: vi.fn() }))
  expect(await swipe({ to: [200, 0] })).toBe('')
  expect(back).toHaveBeenCalledOnce()
  vi.unstubAllGlobals()
})
