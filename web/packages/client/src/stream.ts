import type { Link, Listener } from './links.ts'

/** Splits what has arrived into whole events and the rest: [events, rest]. */
export function readEvents(text: string): [{ event: string; data: string }[], string] {
  const parts = text.split('\n\n')
  const rest = parts.pop() ?? ''
  const events = parts.map((part) => {
    const found = { event: '', data: '' }
    for (const line of part.split('\n')) {
      const [, field, value] = /^(event|data): ?(.*)$/.exec(line) ?? []
      if (field) found[field as 'event' | 'data'] = value ?? ''
    }
    return found
  })
  return [events.filter(({ event, data }) => event || data), rest]
}

/**
 * The same frames without a socket: server-sent events down, small POSTs up, one after the other.
 * `headers` go with the request that opens it, where that needs a credential.
 */
export function openStream(url: string, on: Listener, headers: Record<string, string> = {}): Link {
  const abort = new AbortController()
  let waiting: object[] = []
  let posting = false
  let id = ''
  let over = false
  let beat: ReturnType<typeof setInterval> | undefined

  function end(code: number): void {
    if (over) return
    over = true
    clearInterval(beat)
    abort.abort()
    on.closed(code)
  }

  async function post(): Promise<void> {
    if (posting || over || !id) return
    posting = true
    const frames = waiting.splice(0, 50)
    try {
      const answer = await fetch(`${url}/frames`, {
        method: 'POST',
        headers: { 'X-Link': id, 'Content-Type': 'application/json' },
        body: JSON.stringify(frames),
        signal: abort.signal,
      })
      if (!answer.ok) end(answer.status === 429 ? 4429 : 0)
    } catch {
      end(0)
    }
    posting = false
    if (waiting.length) void post()
  }

  function take({ event, data }: { event: string; data: string }): void {
    if (over) return
    if (event === 'link') {
      const link = JSON.parse(data) as { id: string; beat_s: number }
      id = link.id
      beat = setInterval(() => void post(), link.beat_s * 900)
      on.open()
    } else if (event === 'close') end((JSON.parse(data) as { code: number }).code)
    else on.frame(data)
  }

  async function read(): Promise<void> {
    const answer = await fetch(`${url}/stream`, { method: 'POST', headers, signal: abort.signal })
    if (!answer.ok || !answer.body) return
    const reader = answer.body.getReader()
    const decoder = new TextDecoder()
    let text = ''
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      const [events, rest] = readEvents(text + decoder.decode(value, { stream: true }))
      text = rest
      events.forEach(take)
    }
  }

  read().catch(() => undefined).then(() => end(0))

  return {
    send: (frame) => {
      waiting.push(frame)
      void post()
    },
    close: () => end(0),
  }
}
