import { expect, it } from 'vitest'
import { initials, tintOf } from './face'

it('shortens names of both scripts', () => {
  expect(['李小龙', 'Ada Lovelace', 'cher', '', '  ', '王 芳', '😀 x', '客服（夜间）'].map(initials)).toEqual(['龙', 'AL', 'C', '', '', '王', '😀X', '间'])
})

it('gives the same tint to the same id, one of six', () => {
  expect(tintOf('abc')).toBe(tintOf('abc'))
  for (const id of ['', 'a', '0190-ff', '客']) expect([1, 2, 3, 4, 5, 6]).toContain(tintOf(id))
})
