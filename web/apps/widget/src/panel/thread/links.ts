const LINK = /https?:\/\/[^\s<>"'`，。！？；：、（）【】《》「」“”]+/gi
const TAIL = /[.,!?;:)\]}]+$/

/** Texts and addresses in turn: every second part is an address, http or https and nothing else. */
export function parts(text: string): string[] {
  const found: string[] = []
  let from = 0
  for (const { 0: match, index } of text.matchAll(LINK)) {
    const address = match.replace(TAIL, '')
    found.push(text.slice(from, index), address)
    from = index + address.length
  }
  return [...found, text.slice(from)]
}
