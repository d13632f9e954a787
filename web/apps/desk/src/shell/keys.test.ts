import { expect, it, vi } from 'vitest'
import { keyReader } from './keys'

const press = (key: string, more: Partial<KeyboardEvent> & { on?: Element } = {}): KeyboardEvent =>
  ({ key, target: more.on ?? document.body, preventDefault: vi.fn(), ...more }) as unknown as KeyboardEvent

it('runs single keys and pairs within a second', () => {
  const [j, gi] = [vi.fn(), vi.fn()]
  let time = 0
  const read = keyReader(() => ({ j, 'g i': gi }), () => time)
  read(press('j'))
  read(press('g'))
  read(press('i'))
  expect([j.mock.calls.length, gi.mock.calls.length]).toEqual([1, 1])
  read(press('g'))
  time = 2000
  read(press('i'))
  expect(gi).toHaveBeenCalledOnce()
})

it('leaves typing and the browser’s own combinations alone', () => {
  const j = vi.fn()
  const read = keyReader(() => ({ j }))
  read(press('j', { on: document.createElement('textarea') }))
  read(press('j', { ctrlKey: true }))
  read(press('j', { isComposing: true }))
  expect(j).not.toHaveBeenCalled()
})

it('leaves the keyboard to a dialog or menu that is open', () => {
  const escape = vi.fn()
  const read = keyReader(() => ({ Escape: escape }))
  document.body.innerHTML = '<div role="menu" data-state="open"></div>'
  read(press('Escape'))
  expect(escape).not.toHaveBeenCalled()
  document.body.innerHTML = ''
  read(press('Escape'))
  expect(escape).toHaveBeenCalledOnce()
})
