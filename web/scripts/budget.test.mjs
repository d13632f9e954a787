import { expect, it } from 'vitest'
import { firstLoad, verdict } from './budget.mjs'

const manifest = {
  'panel.html': { file: 'panel.js', imports: ['_shared.js'], dynamicImports: ['emoji.ts'], css: ['panel.css'] },
  '_shared.js': { file: 'shared.js', imports: ['panel.html'], css: ['shared.css'] },
  'emoji.ts': { file: 'emoji.js' },
}

it('counts static imports and their styles, once, and no lazy chunk', () => {
  expect([...firstLoad(manifest, 'panel.html')]).toEqual(['panel.js', 'panel.css', 'shared.js', 'shared.css'])
})

it('fails on a hard limit only', () => {
  const row = { name: 'x', bytes: 2049, limit: 2048 }
  expect(verdict([{ ...row, hard: true }]).failed).toBe(true)
  expect(verdict([{ ...row, hard: false }]).failed).toBe(false)
  expect(verdict([{ ...row, bytes: 2048, hard: true }]).failed).toBe(false)
})
