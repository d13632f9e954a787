/** What the keys are for, as it is listed and offered. */
export const keyGroups = [
  { name: 'move', keys: [['j', '↓'], ['k', '↑'], ['Enter'], ['Esc'], ['Ctrl K'], ['g v'], ['g i'], ['g u'], ['g p'], ['g a'], ['g d'], ['g n'], ['g c'], ['g m'], ['g f'], ['g s']] },
  { name: 'act', keys: [['r'], ['/'], ['n'], ['m'], ['t'], ['a'], ['v'], ['p'], ['e'], ['i'], ['s'], ['?']] },
  { name: 'choose', keys: [['x'], ['X'], ['a'], ['e'], ['p'], ['u'], ['!']] },
  { name: 'offer', keys: [['Enter'], ['Esc']] },
] as const

/** Those that do something with the open conversation. */
export const actKeys: readonly string[] = keyGroups[1].keys.flat().filter((key) => key !== '?')

const SPELT: Record<string, string> = { '?': 'help', '/': 'slash', '!': 'spam', X: 'reach' }

/** The last part of a key's message, in its group. */
export function keyName(key: string, group = 'act'): string {
  const name = SPELT[key] ?? key.replace(' ', '_').toLowerCase()
  return group === 'offer' || group === 'choose' ? `${group}_${name}` : name
}
