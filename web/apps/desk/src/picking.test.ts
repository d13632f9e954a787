import { describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, reactive, ref } from 'vue'
import { usePicking } from './picking'

vi.mock('vue', async (original) => ({ ...(await original<object>()), useId: () => 'list' }))

function list(names: string[], more: { round?: boolean; shut?: () => void } = {}) {
  const wanted = ref('')
  const picked: string[] = []
  const scope = effectScope()
  const choices = (): string[] => names.filter((name) => name.includes(wanted.value))
  const picking = scope.run(() => usePicking<string>({ choices, key: (name) => name, pick: (name) => picked.push(name), wanted: () => wanted.value, ...more }))!
  const press = (key: string, how: KeyboardEventInit = {}): { heard: boolean; kept: boolean } => {
    const event = new KeyboardEvent('keydown', { key, cancelable: true, ...how })
    return { heard: picking.onKey(event), kept: event.defaultPrevented }
  }
  return { wanted, picked, picking, press }
}

describe('a list commanded from its field', () => {
  it('is walked by arrows and ends where it ends', () => {
    const { picking, press, picked } = list(['a', 'b'])
    press('ArrowUp')
    expect(picking.current.value).toBe('a')
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter']) press(key)
    expect(picked).toEqual(['b'])
    expect(picking.owner.value['aria-activedescendant']).toBe('list-b')
  })

  it('goes round where it is asked to', () => {
    const { picking, press } = list(['a', 'b'], { round: true })
    press('ArrowUp')
    expect(picking.current.value).toBe('b')
    press('ArrowDown')
    expect(picking.current.value).toBe('a')
  })

  it('begins at the first with other words', async () => {
    const { wanted, picking, press } = list(['ab', 'b'])
    press('ArrowDown')
    wanted.value = 'a'
    await nextTick()
    wanted.value = ''
    expect(picking.current.value).toBe('ab')
  })

  it('leaves Tab, Escape and the keys of an input method to others', () => {
    const { press, picked } = list(['a'])
    expect([press('Tab'), press('Escape'), press('x'), press('Enter', { isComposing: true })]).toEqual(Array(4).fill({ heard: false, kept: false }))
    expect(picked).toEqual([])
  })

  it('within a text takes Tab and Escape, and nothing where it is empty', () => {
    const shut = vi.fn()
    const { press, picked } = list(['a'], { shut })
    expect([press('Tab').heard, press('Escape').heard, picked, shut.mock.calls.length]).toEqual([true, true, ['a'], 1])
    const empty = list([], { shut })
    expect([empty.press('Enter').heard, empty.picking.owner.value]).toEqual([false, {}])
  })

  it('of its own with nothing in it picks nothing and keeps Enter from the form around it', () => {
    const names = reactive<string[]>([])
    const { press, picked } = list(names)
    expect([press('Enter'), press('ArrowDown'), press('ArrowUp')]).toEqual(Array(3).fill({ heard: true, kept: true }))
    names.push('a')
    press('Enter')
    expect(picked).toEqual(['a'])
  })
})
