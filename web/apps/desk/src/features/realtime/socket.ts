import type { WorkspaceEvent, WorkspaceFrame } from '@kezhan/api'
import { shallowRef, type ShallowRef } from 'vue'
import { ownHeaders } from '../../call'
import { streamWire } from './stream'

/** `connecting`: the first time; `open`; `waiting`: broken, tried again by itself; `over`: signed out. */
export type LineState = 'idle' | 'connecting' | 'open' | 'waiting' | 'over'

/** What the line needs of a socket; a stream can be dressed as one. */
export interface Wire {
  readonly readyState: number
  onopen: (() => void) | null
  onmessage: ((event: { data: string }) => void) | null
  onclose: ((event: { code: number }) => void) | null
  send: (text: string) => void
  close: (code?: number) => void
}

export interface LineParts {
  makeSocket: (url: string) => Wire
  /** For networks that let no socket through. */
  makeStream: (url: string) => Wire
  random: () => number
  url: () => string
}

const PING_MS = 20_000
const SILENCE_MS = 50_000
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 15_000
const RESTART_SPREAD_MS = 800
const SESSION_OVER = 4401
const BLOCKED = 4403
const DEAF_SOCKETS = 2
const RESTART = new Set([1001, 1012])

const browserParts: LineParts = {
  makeSocket: (url) => new WebSocket(url) as Wire,
  makeStream: (url) => streamWire(url.replace(/^ws/, 'http'), ownHeaders()),
  random: Math.random,
  url: () => `${location.origin.replace(/^http/, 'ws')}/ws`,
}

/** The workbench's one socket: comes back by itself, with a random wait so that a restarted server is not stormed. */
export class Line {
  readonly state: ShallowRef<LineState> = shallowRef('idle')
  onFrame: (event: WorkspaceEvent) => void = () => {}
  onOpen: () => void = () => {}
  /** The server ended the session, or refused the connection before it existed: find out whether we are signed in. */
  onDoubt: () => void = () => {}

  private socket: Wire | null = null
  private deaf = 0
  private tries = 0
  private heardAt = 0
  private ping: ReturnType<typeof setInterval> | undefined
  private retry: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly parts: LineParts = browserParts) {}

  start(): void {
    if (this.state.value !== 'idle' && this.state.value !== 'over') return
    this.state.value = 'connecting'
    this.connect()
  }

  stop(): void {
    this.state.value = 'over'
    this.drop()
  }

  /** Try again now: the network is back, or the reader asked for it. */
  hurry(): void {
    if (this.state.value !== 'waiting') return
    this.tries = 0
    this.connect()
  }

  /** Sends if the line is open; says whether it did. */
  send(frame: WorkspaceFrame): boolean {
    if (this.state.value !== 'open' || this.socket?.readyState !== 1) return false
    this.socket.send(JSON.stringify(frame))
    return true
  }

  private connect(): void {
    this.drop()
    const make = this.deaf < DEAF_SOCKETS ? this.parts.makeSocket : this.parts.makeStream
    const socket = make(this.parts.url())
    this.socket = socket
    let opened = false
    socket.onopen = () => {
      if (socket !== this.socket) return
      opened = true
      this.tries = 0
      if (make === this.parts.makeSocket) this.deaf = 0
      this.heardAt = Date.now()
      this.state.value = 'open'
      this.ping = setInterval(() => this.check(), PING_MS)
      this.onOpen()
    }
    socket.onmessage = ({ data }) => {
      if (socket !== this.socket) return
      this.heardAt = Date.now()
      this.onFrame(JSON.parse(data) as WorkspaceEvent)
    }
    socket.onclose = ({ code }) => {
      if (socket === this.socket) this.broken(code, opened)
    }
  }

  private check(): void {
    if (Date.now() - this.heardAt > SILENCE_MS) {
      // A dead network does not close a socket by itself for minutes.
      this.broken(1006, true)
    } else {
      this.send({ type: 'ping' })
    }
  }

  private broken(code: number, opened: boolean): void {
    this.drop()
    if (code === SESSION_OVER || code === BLOCKED) {
      this.state.value = 'over'
      this.onDoubt()
      return
    }
    this.state.value = 'waiting'
    if (!opened) {
      // Two sockets that never opened, then a stream; where that fails too, sockets again.
      this.deaf = this.deaf < DEAF_SOCKETS ? this.deaf + 1 : 0
      this.onDoubt()
    }
    this.retry = setTimeout(() => this.connect(), this.wait(code))
    this.tries += 1
  }

  private wait(code: number): number {
    if (RESTART.has(code) && this.tries === 0) return RESTART_SPREAD_MS * this.parts.random()
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.tries)
    return longest / 2 + (longest / 2) * this.parts.random()
  }

  private drop(): void {
    clearInterval(this.ping)
    clearTimeout(this.retry)
    const socket = this.socket
    this.socket = null
    if (socket && socket.readyState <= 1) socket.close(1000)
  }
}

export const line = new Line()
