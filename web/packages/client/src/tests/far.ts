// The network as a client meets it: sockets, requests and uploads, answered by a server each test writes out.
// Every body and frame has the type of the contract, so a change of the contract breaks these tests at compile time.
import { vi } from 'vitest'
import type {
  FileLinked, Message, PageKezhanConversationsSchemasMessage, SessionOut, VisitorEvent, VisitorFrame, VisitorHead, VisitorSnapshot,
} from '../../../api/src/generated/types.gen.ts'

export type Sent<T extends VisitorFrame['type']> = Extract<VisitorFrame, { type: T }>

/** What a path answers with. */
type Body<P extends string> = P extends '/sessions'
  ? SessionOut
  : P extends `${string}/file`
    ? FileLinked
    : P extends `${string}/messages?${string}`
      ? PageKezhanConversationsSchemasMessage
      : P extends `/conversations/${string}`
        ? VisitorSnapshot
        : P extends '/conversations' | '/conversations?limit=1'
          ? VisitorHead[]
          : object

export interface Refusing {
  status: number
  code?: string
  title?: string
}

export interface Call {
  method: string
  path: string
  headers: Record<string, string>
  body: Record<string, unknown>
}

export class Line {
  readyState = 0
  readonly sent: VisitorFrame[] = []
  onopen?: () => void
  onmessage?: ((event: { data: string }) => void) | null
  onclose?: ((event: { code: number }) => void) | null

  constructor(
    readonly far: Far,
    readonly url: string,
  ) {
    far.lines.push(this)
    queueMicrotask(() => {
      if (far.network === 'blocked' || far.network === 'gone') return this.cut()
      this.readyState = 1
      this.onopen?.()
    })
  }

  send(text: string): void {
    const frame = JSON.parse(text) as VisitorFrame
    this.sent.push(frame)
    if (this.far.network === 'up') this.far.onFrame(frame, this)
  }

  close(): void {
    this.readyState = 3
  }

  say(...events: VisitorEvent[]): void {
    for (const event of events) this.onmessage?.({ data: JSON.stringify(event) })
  }

  /** The connection ends; 1006 is what a browser reports when nobody said goodbye. */
  cut(code = 1006): void {
    this.readyState = 3
    this.onclose?.({ code })
  }

  of<T extends VisitorFrame['type']>(type: T): Sent<T>[] {
    return this.sent.filter((frame): frame is Sent<T> => frame.type === type)
  }
}

/** An upload under way. */
export class Upload {
  url = ''
  status = 0
  responseText = ''
  readonly headers: Record<string, string> = {}
  form: FormData | undefined
  readonly upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {}
  onload?: () => void
  onerror?: () => void

  constructor(far: Far) {
    far.uploads.push(this)
  }

  open(_method: string, url: string): void {
    this.url = url
  }

  setRequestHeader(name: string, value: string): void {
    this.headers[name] = value
  }

  send(form: FormData): void {
    this.form = form
  }

  /** Whether the client has broken it off. */
  aborted = false

  abort(): void {
    this.aborted = true
  }

  progress(part: number): void {
    this.upload.onprogress?.({ loaded: part * 100, total: 100 })
  }

  answer(body: FileLinked | Refusing | string, status = 201): void {
    this.status = typeof body === 'object' && 'status' in body ? body.status : status
    this.responseText = typeof body === 'string' ? body : JSON.stringify(body)
    this.onload?.()
  }
}

export const SESSION: SessionOut = {
  token: 'tok',
  visitor: { id: 'v', verified: false, name: '' },
  site: {
    key: 'kzp_1', title: '山间茶铺', accent: '#1f5c4a', logo: null, greeting: '', placeholder: '', offline_text: '', message_text: '',
    languages: ['zh-CN', 'en'], position: 'right', launcher: true,
  },
  conversation: null,
  agents_online: true,
}

/** `up`: sockets and requests. `silent`: a socket opens and says nothing. `blocked`: sockets break. `gone`: nothing works. */
type Network = 'up' | 'silent' | 'blocked' | 'gone'

export class Far {
  network: Network = 'up'
  readonly lines: Line[] = []
  readonly calls: Call[] = []
  readonly uploads: Upload[] = []
  session: SessionOut = SESSION
  private readonly given = new Map<string, object | (() => object)>([['/conversations?limit=1', []]])

  /** What the server makes of a frame; greeting is all it does by itself. */
  onFrame: (frame: VisitorFrame, line: Line) => void = (frame, line) => {
    if (frame.type === 'auth') line.say(this.ready())
  }

  install(): this {
    const far = this
    vi.stubGlobal('WebSocket', class extends Line {
      constructor(url: string) {
        super(far, url)
      }
    })
    vi.stubGlobal('XMLHttpRequest', class extends Upload {
      constructor() {
        super(far)
      }
    })
    vi.stubGlobal('fetch', (url: string, init: RequestInit = {}) => this.fetch(url, init))
    return this
  }

  ready(conversation: VisitorHead | null = this.session.conversation): VisitorEvent {
    return { type: 'ready', visitor_id: 'v', conversation, agents_online: this.session.agents_online }
  }

  /** The answer of a path from now on. */
  gives<P extends string>(path: P, body: Body<P> | (() => Body<P>) | Refusing): this {
    this.given.set(path, body)
    return this
  }

  get line(): Line {
    return this.lines[this.lines.length - 1]!
  }

  to(path: string): Call[] {
    return this.calls.filter((call) => call.path === path)
  }

  private async fetch(url: string, init: RequestInit): Promise<Response> {
    if (this.network === 'gone') throw new TypeError('Failed to fetch')
    const path = url.split('/w/v1')[1]!
    const text = typeof init.body === 'string' ? init.body : ''
    const headers = init.headers as Record<string, string>
    this.calls.push({ method: init.method ?? 'GET', path, headers, body: text ? JSON.parse(text) : {} })
    const given = this.given.get(path) ?? (path === '/sessions' ? this.session : { status: 404, code: 'none', title: 'None' })
    const body = typeof given === 'function' ? given() : given
    return new Response(JSON.stringify(body), { status: 'status' in body ? body.status as number : 200 })
  }
}

/** A conversation on the server: it numbers what happens and hands out the frames that say so. */
export class Room {
  rev = 0
  readonly messages: Message[] = []
  readonly head: VisitorHead = { id: 'c', state: 'queued', agent: null, opened_at: '2026-11-22T04:00:00.000Z', closed_at: null }
  private readonly marks: VisitorSnapshot['marks'] = []

  constructor(head: Partial<VisitorHead> = {}) {
    Object.assign(this.head, head)
  }

  /** One more message; its author is an agent unless told otherwise. */
  add(body: string, more: Partial<Message> = {}): VisitorEvent {
    const seq = (this.messages[this.messages.length - 1]?.seq ?? 0) + 1
    const author = { kind: 'agent', id: 'a', name: '周小满' } as const
    const message: Message = { seq, rev: this.rev + 1, kind: 'text', author, at: new Date().toISOString(), body, ...more }
    this.messages.push(message)
    return this.changed({ messages: [message] })
  }

  /** A message of the visitor's own, as it is stored. */
  mine(body: string, more: Partial<Message> = {}): VisitorEvent {
    return this.add(body, { author: { kind: 'visitor', id: 'v' }, ...more })
  }

  event(event: string, target = ''): VisitorEvent {
    return this.add('', { kind: 'event', author: { kind: 'system' }, payload: { is: 'event', event, target } })
  }

  change(seq: number, more: Partial<Message>): VisitorEvent {
    const message = this.messages.find((one) => one.seq === seq)!
    Object.assign(message, more, { rev: this.rev + 1 })
    return this.changed({ messages: [message] })
  }

  become(head: Partial<VisitorHead>): VisitorEvent {
    Object.assign(this.head, head)
    return this.changed({ head: this.head })
  }

  mark(party: 'visitor' | 'agent', delivered_seq: number, read_seq: number): VisitorEvent {
    const mark = { party, party_id: party, delivered_seq, read_seq, rev: this.rev + 1 }
    this.marks.splice(0, this.marks.length, ...this.marks.filter((one) => one.party !== party), mark)
    return this.changed({ marks: [mark] })
  }

  snapshot(): VisitorSnapshot {
    return structuredClone({ head: this.head, rev: this.rev, messages: this.messages, marks: this.marks })
  }

  /** Everything above `rev`, as one change. */
  since(rev: number): VisitorEvent {
    const { head, marks } = this.snapshot()
    return { type: 'changed', conversation_id: head.id, from_rev: rev, rev: this.rev, head, marks, messages: this.messages.filter((one) => one.rev > rev) }
  }

  /** Lets `far` answer for this conversation as the real server does; there is none before its first message. */
  on(far: Far): this {
    far.gives(`/conversations/${this.head.id}`, () => this.snapshot()).gives('/conversations', () => (this.messages.length ? [this.head] : []))
    far.onFrame = (frame, line) => this.answer(frame, line, far)
    return this
  }

  private answer(frame: VisitorFrame, line: Line, far: Far): void {
    const conversation_id = this.head.id
    if (frame.type === 'auth') line.say(far.ready(this.messages.length ? this.head : null))
    if (frame.type === 'auth' && frame.conversation_id && (frame.rev ?? 0) < this.rev) line.say(this.since(frame.rev ?? 0))
    if (frame.type === 'watch' && frame.conversation_id === conversation_id) line.say(this.since(frame.rev ?? 0))
    if (frame.type === 'send') {
      const { client_id, body = '', quote_seq = null } = frame
      const stored = this.messages.find((one) => one.client_id === client_id)
      const changed = stored ? null : this.mine(body, { client_id, quote_seq })
      const { seq, rev } = stored ?? this.messages[this.messages.length - 1]!
      line.say({ type: 'ack', client_id, conversation_id, seq, rev, repeated: !!stored })
      if (changed) line.say(changed)
    }
    if (frame.type === 'mark') line.say(this.mark('visitor', frame.delivered_seq ?? 0, frame.read_seq ?? 0))
    if (frame.type === 'edit') line.say({ type: 'done', ref: frame.ref }, this.change(frame.seq, { body: frame.body, edited_at: '2026-11-22T04:05:00Z' }))
    if (frame.type === 'recall') line.say({ type: 'done', ref: frame.ref }, this.change(frame.seq, { body: '', recalled_at: '2026-11-22T04:05:00Z' }))
  }

  private changed(parts: { messages?: Message[]; head?: VisitorHead; marks?: VisitorSnapshot['marks'] }): VisitorEvent {
    this.rev += 1
    return structuredClone({ type: 'changed', conversation_id: this.head.id, from_rev: this.rev - 1, rev: this.rev, ...parts })
  }
}
