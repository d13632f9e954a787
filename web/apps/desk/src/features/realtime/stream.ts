import { openStream } from '@kezhan/client/stream'
import type { Wire } from './socket'

const OPEN = 1
const CLOSED = 3

/** The stream transport, used like a socket. */
export function streamWire(url: string, headers: Record<string, string>): Wire {
  let readyState = 0
  const wire: Wire = {
    get readyState() {
      return readyState
    },
    onopen: null,
    onmessage: null,
    onclose: null,
    send: (text) => link.send(JSON.parse(text) as object),
    close: () => link.close(),
  }
  const link = openStream(
    url,
    {
      open: () => {
        readyState = OPEN
        wire.onopen?.()
      },
      frame: (data) => wire.onmessage?.({ data }),
      closed: (code) => {
        readyState = CLOSED
        wire.onclose?.({ code })
      },
    },
    headers,
  )
  return wire
}
