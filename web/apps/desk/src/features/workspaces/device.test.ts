import { expect, it } from 'vitest'
import { deviceOf } from './device'

it('names browser and system, or shows what it was told', () => {
  expect(deviceOf('Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/140.0 Safari/537 Edg/140.0')).toBe('Edge · Windows')
  expect(deviceOf('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18 Safari/604')).toBe('Safari · iPhone')
  expect(deviceOf('curl/8')).toBe('curl/8')
  expect(deviceOf('')).toBe('')
})
