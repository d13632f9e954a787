import { expect, it } from 'vitest'
import { readEvents } from './stream.ts'

it('reads events however the network cuts them', () => {
  const text = 'event: link\ndata: {"id":"a"}\n\ndata: {"type":"pong"}\n\n: ping\n\ndata: {"ty'
  const [first, rest] = readEvents(text.slice(0, 20))
  expect(first).toEqual([])
  const [events, left] = readEvents(rest + text.slice(20))
  expect(events).toEqual([
    { event: 'link', data: '{"id":"a"}' },
    { event: '', data: '{"type":"pong"}' },
  ])
  expect(left).toBe('data: {"ty')
})
