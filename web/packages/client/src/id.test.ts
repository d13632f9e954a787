import { expect, it } from 'vitest'
import { newId } from './id.ts'

it('makes UUIDs of version 7: the time of making first, no two alike', () => {
  const ids = Array.from({ length: 2_000 }, newId)
  expect(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toBe(true)
  expect(new Set(ids).size).toBe(ids.length)
  expect(Math.abs(parseInt(ids[0]!.replace('-', '').slice(0, 12), 16) - Date.now())).toBeLessThan(5_000)
})
