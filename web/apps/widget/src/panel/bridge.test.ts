import { expect, it, vi } from 'vitest'
import { bridge, hostStore } from './bridge'

function post(origin: string, source: MessageEventSource | null, data: unknown): void {
  dispatchEvent(new MessageEvent('message', { origin, source, data }))
}

it('hears the page it was made for, and nobody else', () => {
  const hear = vi.fn()
  bridge('https://shop.example', hear)
  post('https://evil.example', parent, { kezhan: 'page' })
  post('https://shop.example', null, { kezhan: 'page' })
  post('https://shop.example', parent, { other: 'page' })
  expect(hear).not.toHaveBeenCalled()
  post('https://shop.example', parent, { kezhan: 'page' })
  expect(hear).toHaveBeenCalledOnce()
})

it('keeps what it stores in the page, too', () => {
  const tell = vi.fn()
  const store = hostStore({ token: 'a' }, tell)
  store.put('token', 'b')
  store.put('out.1', 'x')
  store.put('out.1', null)
  expect([store.get('token'), store.keys()]).toEqual(['b', ['token']])
  expect(tell).toHaveBeenLastCalledWith({ kezhan: 'keep', key: 'out.1', value: null })
})
