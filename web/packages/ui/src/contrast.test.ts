import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = readFileSync(new URL('../tokens.css', import.meta.url), 'utf8')

function scheme(selector: string): Record<string, string> {
  const body = css.slice(css.indexOf(selector)).match(/\{([^}]*)\}/)?.[1] ?? ''
  return Object.fromEntries([...body.matchAll(/--kz-([a-z-]+):\s*(#[0-9a-f]{6});/g)].map((m) => [m[1], m[2]]))
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

const tailwind = readFileSync(new URL('../tailwind.css', import.meta.url), 'utf8')

function mixed(hex: string, into: string, percent: number): string {
  const part = (from: string, at: number): number => parseInt(from.slice(at, at + 2), 16)
  const parts = [1, 3, 5].map((at) => Math.round((part(hex, at) * percent + part(into, at) * (100 - percent)) / 100))
  return `#${parts.map((one) => one.toString(16).padStart(2, '0')).join('')}`
}

const roles = [
  'ink', 'ink-soft', 'ink-faint', 'paper', 'paper-sunk', 'line',
  'pine', 'pine-soft', 'green', 'green-soft', 'amber', 'red', 'blue', 'violet',
]
const textRoles = ['ink', 'ink-soft', 'ink-faint', 'pine', 'green', 'amber', 'red', 'blue', 'violet']

describe.each([['light', '.light'], ['dark', '.dark']])('%s scheme', (_name, selector) => {
  const colours = scheme(selector)
  const colour = (role: string): string => colours[role] ?? expect.fail(`no role ${role}`)

  it('has every role and no other', () => {
    expect(Object.keys(colours).sort()).toEqual([...roles].sort())
  })

  it.each(textRoles.flatMap((role) => [[role, 'paper'], [role, 'paper-sunk']]))(
    '%s is readable on %s',
    (role, ground) => {
      expect(contrast(colour(role!), colour(ground!))).toBeGreaterThanOrEqual(4.5)
    },
  )

  it.each(textRoles.flatMap((role) => [[role, 'paper'], [role, 'paper-sunk']]))('a watermark costs %s on %s at most 3 %%', (role, ground) => {
    const part = Number(css.slice(css.indexOf(selector)).match(/--kz-watermark: ([0-9.]+);/)?.[1])
    const under = (hex: string): string => mixed(colour('ink'), hex, part * 100)
    const marked = contrast(colour(role!), under(colour(ground!)))
    expect(marked / contrast(colour(role!), colour(ground!))).toBeGreaterThanOrEqual(0.97)
    expect(marked).toBeGreaterThanOrEqual(4.5)
  })

  it.each(['ink', 'ink-soft', 'pine'])('%s is readable on pine-soft', (role) => {
    expect(contrast(colour(role), colour('pine-soft'))).toBeGreaterThanOrEqual(4.5)
  })

  it.each(['ink', 'ink-soft', 'green'])('%s is readable on green-soft', (role) => {
    expect(contrast(colour(role), colour('green-soft'))).toBeGreaterThanOrEqual(4.5)
  })

  it.each([['amber', 10], ['red', 10], ['blue', 10], ['violet', 10]] as const)(
    '%s is readable on its own soft ground',
    (role, percent) => {
      expect(tailwind).toContain(`--color-${role}-soft: color-mix(in srgb, var(--kz-${role}) ${percent}%, var(--kz-paper))`)
      const ground = mixed(colour(role), colour('paper'), percent)
      expect(contrast(colour(role), ground)).toBeGreaterThanOrEqual(4.5)
      expect(contrast(colour('ink'), ground)).toBeGreaterThanOrEqual(4.5)
    },
  )

  it.each(['pine', 'red'])('a solid button of %s is readable under the pointer', (role) => {
    expect(tailwind).toContain(`--color-${role}-strong: color-mix(in srgb, var(--kz-${role}) 86%, var(--kz-ink))`)
    expect(contrast(mixed(colour(role), colour('ink'), 86), colour('paper'))).toBeGreaterThanOrEqual(4.5)
  })

  it('a solid button that is switched off is readable', () => {
    expect(contrast(colour('ink-soft'), colour('line'))).toBeGreaterThanOrEqual(4.5)
  })

  it('shows the focus ring on every ground', () => {
    for (const ground of ['paper', 'paper-sunk', 'pine-soft']) {
      expect(contrast(colour('pine'), colour(ground))).toBeGreaterThanOrEqual(3)
    }
  })
})
