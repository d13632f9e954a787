import { describe, expect, it } from 'vitest'
import { goesAsFile } from '../files'
import { ending, reachable, standingOf } from '../health'
import { glyphOf, groupOf, inOrder, tintOf } from '../looks'
import { fieldsOf, valuesOf } from '../schema'
import { stepsOf } from '../setup'
import { channel, health, oa, webchat } from './kinds'

it.each([
  [{ adapter: 'gone', working: false }, health(), 'broken'],
  [{ adapter: 'webchat' }, undefined, 'up'],
  [{ adapter: 'open' }, health({ working: true }), 'up'],
  [{ adapter: 'open' }, health({ working: false, last_in_at: '2026-11-22T08:00:00.000Z' }), 'down'],
  [{ adapter: 'open' }, health({ working: null, last_in_at: '2026-11-22T08:00:00.000Z' }), 'up'],
  [{ adapter: 'open' }, health({ working: null }), 'untried'],
  [{ adapter: 'open' }, undefined, 'untried'],
] as const)('%j with %j is %s', (more, found, standing) => expect(standingOf(channel(more), found)).toBe(standing))

it.each([
  [null, null],
  ['2026-11-22T00:00:00.000Z', { days: 0, soon: true }],
  ['2026-11-29T00:00:00.000Z', { days: 6, soon: true }],
  ['2026-11-30T00:00:00.000Z', { days: 7, soon: false }],
])('credentials until %s end so', (expires_at, end) => expect(ending(expires_at, Date.parse('2026-11-22T12:00:00.000Z'))).toEqual(end))

it.each([
  ['https://desk.tea.example/hooks/k', true],
  ['http://desk.tea.example/hooks/k', false],
  ['https://localhost:8700/hooks/k', false],
  ['https://127.0.0.1/hooks/k', false],
  ['https://192.168.1.20/hooks/k', false],
  ['https://172.20.0.2/hooks/k', false],
  ['https://172.15.0.2/hooks/k', true],
  ['https://[::1]/hooks/k', false],
  ['https://kezhan/hooks/k', false],
  ['https://kezhan.local/hooks/k', false],
])('a platform can call %s: %s', (address, can) => expect(reachable(address)).toBe(can))

describe('a file', () => {
  const able = { sends: ['text', 'file'], file_bytes: 1000, files: {} }
  it.each([
    ['any, where all go', able, 'application/pdf', 900, true],
    ['too large', able, 'application/pdf', 1001, false],
    ['where none go', { ...able, sends: ['text'] }, 'image/png', 1, false],
    ['of a type that goes', { ...able, files: { 'image/png': 500 } }, 'image/png', 500, true],
    ['too large for its type', { ...able, files: { 'image/png': 500 } }, 'image/png', 501, false],
    ['of a family that goes', { ...able, files: { 'image/*': 500 } }, 'image/webp', 1, true],
    ['of a type that does not go', { ...able, files: { 'image/*': 500 } }, 'video/mp4', 1, false],
    ['of any type, bounded', { ...able, files: { '*/*': 500 } }, 'video/mp4', 1, true],
  ])('%s', (_, channels, type, size, goes) => expect(goesAsFile(channels, { type, size })).toBe(goes))
})

it('has a shape, a shelf and a ground for every kind, known or not', () => {
  expect([glyphOf('webchat'), groupOf('wechat_oa'), groupOf('pigeon'), glyphOf('pigeon'), tintOf('pigeon')]).toEqual(['i-lucide-globe', 'wechat', 'other', 'i-lucide-plug', 'bg-face-5'])
})

it('puts kinds in an order of its own, those it does not know last', () => {
  const named = ['pigeon', 'wechat_kf', 'open', 'drum', 'webchat', 'wechat_oa'].map((name) => ({ name }))
  expect(inOrder(named).map(({ name }) => name)).toEqual(['webchat', 'open', 'wechat_oa', 'wechat_kf', 'pigeon', 'drum'])
})

it('leaves out the test where nothing can be tried', () => {
  expect([stepsOf(oa), stepsOf(webchat)]).toEqual([['form', 'door', 'test', 'done'], ['form', 'door', 'done']])
})

it('reads numbers, what is needed and what is folded from a schema', () => {
  const fields = fieldsOf(oa.settings)
  expect(fields.map(({ control, advanced }) => [control, advanced])).toEqual([['text', false], ['number', true], ['url', true]])
  expect(fields[1]).toMatchObject({ least: 1, most: 50, fallback: 5 })
  expect(fieldsOf(oa.secrets!).map(({ required }) => required)).toEqual([true, false])
  expect(valuesOf(fieldsOf({ properties: { port: { type: 'integer' } } }), {})).toEqual({ port: 0 })
})
