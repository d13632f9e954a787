import { expect, it } from 'vitest'
import { asField, choices } from '../until'

const at = (day: number, hour: number, minute = 0): Date => new Date(2026, 10, day, hour, minute)
const offered = (now: Date): [string, string][] => choices(now).map(({ name, at: moment }) => [name, asField(moment)])

it('offers an hour, this afternoon, tomorrow and Monday', () => {
  // A Wednesday.
  expect(offered(at(18, 10, 20))).toEqual([
    ['hour', '2026-11-18T11:20'],
    ['afternoon', '2026-11-18T14:00'],
    ['tomorrow', '2026-11-19T09:00'],
    ['monday', '2026-11-23T09:00'],
  ])
})

it('offers no afternoon that has begun, and on Sunday no Monday beside tomorrow', () => {
  expect(offered(at(22, 13, 30)).map(([name]) => name)).toEqual(['hour', 'tomorrow'])
})

it('means the next Monday on a Monday', () => {
  expect(offered(at(23, 8)).at(-1)).toEqual(['monday', '2026-11-30T09:00'])
})
