/** What is typed after a slash that begins a line: where it stands in the text, and what is looked for. */
export interface Slash {
  from: number
  to: number
  query: string
}

const LONGEST = 40

/** The slash that the caret is behind, on its line; null where the line begins otherwise or has gone on too long. */
export function slashAt(text: string, caret: number): Slash | null {
  const from = text.lastIndexOf('\n', caret - 1) + 1
  // Some input methods write it in full width.
  if (caret <= from || !/[/／]/.test(text.charAt(from))) return null
  const query = text.slice(from + 1, caret)
  return query.length > LONGEST ? null : { from, to: caret, query }
}

/** The text with `words` in place of what stands between `from` and `to`, and where the caret goes. */
export function put(text: string, from: number, to: number, words: string): { text: string; caret: number } {
  return { text: text.slice(0, from) + words + text.slice(to), caret: from + words.length }
}
