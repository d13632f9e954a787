import { afterEach, expect, it, vi } from 'vitest'
import { Emitter } from '../emitter.ts'
import { newId } from '../id.ts'
import { localStore, memoryStore } from '../store.ts'

afterEach(() => vi.unstubAllGlobals())

function browser(values: Record<string, string>) {
  return {
    getItem: (key: string) => values[key] ?? null,
    setItem: (key: string, value: string) => void (values[key] = value),
    removeItem: (key: string) => void delete values[key],
  }
}

it('keeps to its own prefix in a storage that others use too', () => {
  const values: Record<string, string> = { 'kezhan.other.token': 'theirs', token: 'the page’s' }
  // The keys of a real storage are its own properties.
  vi.stubGlobal('localStorage', new Proxy(browser(values), { ownKeys: () => Object.keys(values), getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }) }))
  const store = localStore('kezhan.mine.')
  expect([store.get('token'), store.keys()]).toEqual([null, []])
  store.put('token', 'x')
  store.put('out.1', '{}')
  expect(store.keys().sort()).toEqual(['out.1', 'token'])
  store.put('token', null)
  expect(values).toEqual({ 'kezhan.other.token': 'theirs', token: 'the page’s', 'kezhan.mine.out.1': '{}' })
})

it('holds in memory where the browser refuses even to look', () => {
  vi.stubGlobal('localStorage', { getItem: () => { throw new DOMException('denied', 'SecurityError') } })
  const store = localStore('k.')
  store.put('token', 'x')
  expect([store.get('token'), store.keys()]).toEqual(['x', ['token']])
})

it('gives nothing for what it does not have, also for names every object has', () => {
  const store = memoryStore()
  store.put('a', 'b')
  store.put('a', null)
  store.put('a', null)
  expect([store.get('a'), store.get('missing'), store.keys()]).toEqual([null, null, []])
})

it('makes names of version 7 that sort by the time of their making', () => {
  vi.useFakeTimers()
  const names = [0, 1, 1_700_000_000_000, Date.UTC(2026, 10, 22), 2 ** 48 - 1].map((now) => {
    vi.setSystemTime(now)
    return newId()
  })
  vi.useRealTimers()
  for (const name of names) expect(name).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect([...names].sort()).toEqual(names)
  expect(new Set(Array.from({ length: 2_000 }, newId)).size).toBe(2_000)
})

class Bell extends Emitter<{ ring: number }> {
  ring(times: number): void {
    this.emit('ring', times)
  }
}

it('tells every listener until it has heard enough, each once', () => {
  const bell = new Bell()
  const [one, two] = [vi.fn(), vi.fn()]
  const enough = bell.on('ring', one)
  bell.on('ring', one)
  bell.on('ring', two)
  bell.ring(1)
  enough()
  enough()
  bell.ring(2)
  expect([one.mock.calls, two.mock.calls]).toEqual([[[1]], [[1], [2]]])
})
