const LONGEST_TEXT = 10_000
const LARGEST_FRAME = 65_536

/** The server's refusal of a call: a stable `code`, a `message` for the reader. */
export class Refused extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, title: string, status = 0) {
    super(title)
    this.code = code
    this.status = status
  }
}

/** The server hangs up over a frame like this, and it would be repeated for ever. */
export function oversized(frame: Record<string, unknown>): Refused | null {
  const { body } = frame
  const long = typeof body === 'string' && body.length > LONGEST_TEXT && [...body].length > LONGEST_TEXT
  const large = new Blob([JSON.stringify(frame)]).size > LARGEST_FRAME
  return long || large ? new Refused('client.too_long', 'Over 10,000') : null
}
