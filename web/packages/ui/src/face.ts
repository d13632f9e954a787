const TINTS = 6

/** A tint 1 … 6 that stays with `id`. */
export function tintOf(id: string): number {
  let sum = 0
  for (const letter of id) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973
  return (sum % TINTS) + 1
}

/** One or two characters that stand for a name: the last character of a Chinese name, initials otherwise. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean)
  const first = words[0] ?? ''
  if (!first) return ''
  const han = first.match(/\p{Script=Han}/gu)
  if (han) return han.at(-1) ?? ''
  const letters = words.length > 1 ? [first, words.at(-1) ?? ''] : [first]
  return letters.map((word) => [...word][0] ?? '').join('').toUpperCase()
}
