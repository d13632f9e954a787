import { beforeEach, expect, it, vi } from 'vitest'
import { Line } from './socket'

class FakeSocket {
  static all: FakeSocket[] = []
  readyState = 0
  sent: string[] = []
  onopen: () => void = () => {}
  onmessage: (event: { data: string }) => void = () => {}
  onclose: (event: { code: number }) => void = () => {}
  constructor(readonly kind = 'socket') {
    FakeSocket.all.push(this)
  }
  send(text: string): void {
    this.sent.push(text)
  }
  close(): void {
    this.readyState = 3
  }
  open(): void {
    this.readyState = 1
    this.onopen()
  }
  end(code: number): void {
    this.readyState = 3
    this.onclose({ code })
  }
}

const last = (): FakeSocket => FakeSocket.all.at(-1)!

function line(): Line {
  const made = new Line({ makeSocket: () => new FakeSocket(), makeStream: () => new FakeSocket('stream'), random: () => 0.5, url: () => 'ws://x/ws' })
  made.start()
  return made
}

beforeEach(() => {
  vi.useFakeTimers()
  FakeSocket.all = []
})

it('opens, hands frames on, and says nothing before it is open', () => {
  const one = line()
  one.onFrame = vi.fn()
  expect(one.send({ type: 'ping' })).toBe(false)
  last().open()
  last().onmessage({ data: '{"type":"pong"}' })
  expect(one.onFrame).toHaveBeenCalledExactlyOnceWith({ type: 'pong' })
  expect(one.send({ type: 'ping' })).toBe(true)
})

it('comes back after a break, later each time, and at once when hurried', () => {
  const one = line()
  last().open()
  last().end(1006)
  expect(one.state.value).toBe('waiting')
  vi.advanceTimersByTime(375)
  expect(FakeSocket.all).toHaveLength(2)
  last().end(1006)
  vi.advanceTimersByTime(375)
  expect(FakeSocket.all).toHaveLength(2)
  one.hurry()
  expect(FakeSocket.all).toHaveLength(3)
  last().open()
  expect(one.state.value).toBe('open')
})

it('stays away when the session is over, and says so', () => {
  const one = line()
  one.onDoubt = vi.fn()
  last().open()
  last().end(4401)
  vi.advanceTimersByTime(60_000)
  expect(one.state.value).toBe('over')
  expect(one.onDoubt).toHaveBeenCalledOnce()
  expect(FakeSocket.all).toHaveLength(1)
})

it('asks whether we are signed in when the connection never came to be', () => {
  const one = line()
  one.onDoubt = vi.fn()
  last().end(1006)
  expect(one.onDoubt).toHaveBeenCalledOnce()
  expect(one.state.value).toBe('waiting')
})

it('gives a silent line up and makes a new one', () => {
  const one = line()
  last().open()
  const first = last()
  vi.advanceTimersByTime(60_000)
  expect(first.sent).toContain('{"type":"ping"}')
  expect(first.readyState).toBe(3)
  vi.advanceTimersByTime(1000)
  expect(FakeSocket.all.length).toBeGreaterThan(1)
  expect(one.state.value).not.toBe('over')
})

it('passes over what an abandoned socket still says', () => {
  const one = line()
  one.onFrame = vi.fn()
  const first = last()
  first.open()
  first.end(1006)
  first.onmessage({ data: '{"type":"pong"}' })
  first.end(1006)
  expect(one.onFrame).not.toHaveBeenCalled()
})

it('takes a stream after two sockets that never opened, and goes back to sockets where that fails too', () => {
  line()
  const kinds = (): string[] => FakeSocket.all.map((one) => one.kind)
  for (let round = 0; round < 3; round += 1) {
    last().end(1006)
    vi.advanceTimersByTime(60_000)
  }
  expect(kinds()).toEqual(['socket', 'socket', 'stream', 'socket'])
})

it('stays with the stream while it carries', () => {
  line()
  for (let round = 0; round < 2; round += 1) {
    last().end(1006)
    vi.advanceTimersByTime(60_000)
  }
  last().open()
  last().end(0)
  vi.advanceTimersByTime(60_000)
  expect(last().kind).toBe('stream')
})

it('is one line: starting twice opens one socket, hurrying an open one none', () => {
  const one = line()
  one.start()
  last().open()
  one.start()
  one.hurry()
  expect(FakeSocket.all).toHaveLength(1)
})

it('is closed by leaving, says nothing then, and opens anew for the next who signs in', () => {
  const one = line()
  const first = last()
  first.open()
  one.stop()
  expect([first.readyState, one.state.value, one.send({ type: 'ping' })]).toEqual([3, 'over', false])
  vi.advanceTimersByTime(120_000)
  expect(FakeSocket.all).toHaveLength(1)
  one.start()
  last().open()
  expect([FakeSocket.all.length, one.state.value]).toEqual([2, 'open'])
})

it.each([
  ['of a restart: spread over 0.8 s', 1012, 399, 402],
  ['of going away: spread over 0.8 s', 1001, 399, 402],
  ['of being slow: as any break', 1013, 374, 376],
  ['of saying too much: as any break', 4429, 374, 376],
  ['of the network: half a second at most', 1006, 374, 376],
])('comes back after a break because %s', (_, code, notYet, then) => {
  line()
  last().open()
  last().end(code)
  vi.advanceTimersByTime(notYet)
  expect(FakeSocket.all).toHaveLength(1)
  vi.advanceTimersByTime(then - notYet)
  expect(FakeSocket.all).toHaveLength(2)
})

it('waits longer with every break that follows, up to a quarter of a minute, and shortly again after a good one', () => {
  const one = line()
  last().open()
  const waits = Array.from({ length: 8 }, () => {
    const before = FakeSocket.all.length
    last().end(1013)
    let waited = 0
    while (FakeSocket.all.length === before) {
      vi.advanceTimersByTime(125)
      waited += 125
    }
    return waited
  })
  expect(waits).toEqual([375, 750, 1500, 3000, 6000, 11_250, 11_250, 11_250])
  last().open()
  last().end(1006)
  vi.advanceTimersByTime(375)
  expect(one.state.value).toBe('waiting')
  expect(FakeSocket.all).toHaveLength(10)
})

it('stays away where the server refuses the page, and asks why', () => {
  const one = line()
  one.onDoubt = vi.fn()
  last().open()
  last().end(4403)
  vi.advanceTimersByTime(60_000)
  expect([one.state.value, FakeSocket.all.length]).toEqual(['over', 1])
  expect(one.onDoubt).toHaveBeenCalledOnce()
})

it('does not take a line for dead that speaks, though it never answers a ping', () => {
  line()
  last().open()
  const first = last()
  for (let at = 0; at < 6; at += 1) {
    vi.advanceTimersByTime(20_000)
    first.onmessage({ data: '{"type":"pong"}' })
  }
  expect([first.readyState, first.sent.length]).toEqual([1, 6])
})
