import { initials } from './initials'

/** How well a title answers what was typed, by itself or by its initials: 0 best, null not at all. */
export function rank(title: string, typed: string): number | null {
  const wanted = typed.toLowerCase().replace(/\s+/g, '')
  if (!wanted) return 0
  const plain = title.toLowerCase().replace(/\s+/g, '')
  if (plain.startsWith(wanted)) return 0
  if (plain.includes(wanted)) return 1
  const short = initials(title)
  if (short.startsWith(wanted)) return 2
  if (short.includes(wanted)) return 3
  return inOrder(plain, wanted) ? 4 : inOrder(short, wanted) ? 5 : null
}

/** Whether the letters stand in the text one after another, others between them. */
function inOrder(text: string, wanted: string): boolean {
  let at = 0
  for (const letter of text) if (letter === wanted[at]) at += 1
  return at === wanted.length
}
