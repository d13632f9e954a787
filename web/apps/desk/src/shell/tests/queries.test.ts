import { expect, it } from 'vitest'
import { Fault } from '../../call'
import { passing } from '../queries'

it.each([
  [0, true],
  [429, true],
  [502, true],
  [503, true],
  [400, false],
  [401, false],
  [403, false],
  [404, false],
  [409, false],
  [500, false],
])('a read refused with %i is asked again by itself: %s, and twice at most', (status, again) => {
  const fault = new Fault('desk.any', '', status)
  expect(passing(0, fault)).toBe(again)
  expect(passing(1, fault)).toBe(again)
  expect(passing(2, fault)).toBe(false)
})

it('a fault of our own is not asked again', () => expect(passing(0, new Error('own'))).toBe(false))
