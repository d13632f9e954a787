/** One connection, whatever carries it. */
export interface Link {
  send(frame: object): void
  close(): void
}

export interface Listener {
  open(): void
  frame(text: string): void
  /** Called once; 0 where there is no code. */
  closed(code: number): void
}

/** `url` is the http(s) address of the endpoint. */
export function openSocket(url: string, on: Listener): Link {
  const socket = new WebSocket(url.replace(/^http/, 'ws'))
  socket.onopen = () => on.open()
  socket.onmessage = ({ data }) => on.frame(data as string)
  socket.onclose = ({ code }) => on.closed(code)
  return {
    send: (frame) => {
      if (socket.readyState === 1) socket.send(JSON.stringify(frame))
    },
    close: () => {
      // A dead network answers no farewell, and the browser would wait for it.
      socket.onclose = socket.onmessage = null
      socket.close()
      on.closed(0)
    },
  }
}
