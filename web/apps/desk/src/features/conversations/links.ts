export interface Piece {
  text: string
  href?: string
}

// Chinese punctuation and brackets end an address; a full stop or comma after it belongs to the sentence.
const ADDRESS = /https?:\/\/[^\s<>"'，。；：！？、（）《》【】“”‘’]+/giu
const TRAILING = /[.,;:!?)\]}]+$/

/** Text in pieces, the web addresses in it as links. Never markup: the pieces are shown as text. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = []
  let from = 0
  for (const match of text.matchAll(ADDRESS)) {
    const address = match[0].replace(TRAILING, '')
    if (!URL.canParse(address)) continue
    if (match.index > from) found.push({ text: text.slice(from, match.index) })
    found.push({ text: address, href: address })
    from = match.index + address.length
  }
  if (from < text.length) found.push({ text: text.slice(from) })
  return found
}
