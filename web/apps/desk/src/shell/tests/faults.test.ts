import { expect, it } from 'vitest'

const sources = import.meta.glob<string>('../../**/*.vue', { query: '?raw', import: 'default', eager: true })

it('no read that failed takes the place of what is known already', () => {
  const covers = Object.entries(sources).flatMap(([path, text]) =>
    [...text.matchAll(/<KzFault v-(?:else-)?if="([^"]*\berror\b[^"]*)"/g)].filter(([, when]) => !/!|=== undefined|\bnone\b/.test(when!)).map(([, when]) => `${path}: ${when}`),
  )
  expect(Object.keys(sources).length).toBeGreaterThan(300)
  expect(covers).toEqual([])
})
