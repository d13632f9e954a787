import { Emitter } from './emitter.ts'
import { newId } from './id.ts'
import { type Link, type Listener, openSocket } from './links.ts'
import { Outbox, type Pending } from './outbox.ts'
import { oversized, Refused } from './refused.ts'
import { localStore, type Store } from './store.ts'
import { Thread } from './thread.ts'
import type { Changed, Draft, Head, Invite, Page, Place, Refusal, Session, Snapshot, State, Typing } from './types.ts'

export { Refused }

const ROOT = '/w/v1'
const PING_MS = 18_000
const READY_MS = 8_000
const LONGEST_WAIT_MS = 30_000
const FIRST_WAIT_MS = 2_000
const RESTART_SPREAD_MS = 800
/** Why a line was closed, or a call refused. */
const enum Code {
  AWAY = 1001,
  LOST = 1006,
  RESTART = 1012,
  SLOW = 1013,
  UNAUTHORIZED = 4401,
  BLOCKED = 4403,
  FLOOD = 4429,
  UNKNOWN_BEARER = 401,
  TOO_MANY = 429,
  PUZZLE = 428,
}

export interface Options {
  siteKey: string
  /** Address of the Kezhan server, without a slash at the end; empty: the page's own. */
  server?: string
  store?: Store
  language?: string
}

export interface Events {
  state: State
  session: Session
  /** A conversation has changed in any way. */
  thread: Thread
  outbox: Pending[]
  typing: Typing
  /** Somebody would like to help. */
  invite: Invite
  /** She waits, and stands otherwise than before. */
  place: Place
  agents: boolean
  /** What the server refused and nobody waits for. */
  refused: Refusal
}

interface Answer {
  resolve: () => void
  reject: (why: Error) => void
}

type Frame = { type: string } & Record<string, unknown>

/** A customer on a site: one session, one line that comes back by itself, messages that are never lost. */
export class KezhanClient extends Emitter<Events> {
  readonly server: string
  readonly threads = new Map<string, Thread>()
  readonly outbox: Outbox
  state: State = 'idle'
  session: Session | null = null
  agentsOnline = false

  private readonly options: Options
  private readonly store: Store
  private readonly answers = new Map<string, Answer>()
  private readonly marked = new Map<string, [number, number]>()
  /** Where the customer is. */
  page: Page = { url: '' }
  /** She went there while the line was down. */
  private untold = false
  private identity: string | null = null
  private link: Link | null = null
  private connecting = false
  private heard = true
  private tries = 0
  private deafSockets = 0
  private retry: ReturnType<typeof setTimeout> | undefined
  private beat: ReturnType<typeof setInterval> | undefined

  constructor(options: Options) {
    super()
    this.options = options
    this.server = options.server ?? ''
    this.store = options.store ?? localStore(`kezhan.${options.siteKey}.`)
    this.outbox = new Outbox(this.store)
  }

  /** Opens the session on `page` and connects; from then on the client keeps itself connected. */
  start(page: Page = { url: '' }): void {
    this.page = page
    this.network('addEventListener')
    void this.connect()
  }

  stop(): void {
    this.network('removeEventListener')
    this.become('idle')
    this.drop()
    clearTimeout(this.retry)
  }

  /** Browsers know at once that the network went or came; elsewhere there is nobody to ask. */
  private network(act: 'addEventListener' | 'removeEventListener'): void {
    globalThis[act]?.('online', this.wake)
    globalThis[act]?.('offline', this.drop)
  }

  /** Go on as the person a JWT vouches for that the site's own server has signed. */
  identify(jwt: string): void {
    this.identity = jwt
    this.session = null
    this.threads.clear()
    this.drop()
    this.wake()
  }

  /** Connect now instead of after the wait that is going on. */
  readonly wake = (): void => {
    if (this.link || this.connecting || this.state === 'idle' || this.state === 'refused') return
    this.tries = 0
    clearTimeout(this.retry)
    void this.connect()
  }

  private readonly drop = (): void => this.link?.close()

  /** The newest conversation, open or closed. */
  get latest(): Thread | undefined {
    return this.history.pop()
  }

  /** The conversations held, oldest first. */
  get history(): Thread[] {
    return [...this.threads.values()].sort((a, b) => ((a.head?.opened_at ?? '~') < (b.head?.opened_at ?? '~') ? -1 : 1))
  }

  /**
   * Sends a message, now or when the line is back. Returns its client_id, null where the outbox is full.
   * Throws Refused (`client.too_long`) where the server would not take it.
   */
  say(draft: Draft): string | null {
    const client_id = newId()
    const fault = oversized({ type: 'send', client_id, ...draft })
    if (fault) throw fault
    const added = this.outbox.add(client_id, draft)
    this.pump()
    return added ? client_id : null
  }

  retrySend(client_id: string): void {
    this.outbox.retry(client_id)
    this.pump()
  }

  discard(client_id: string): void {
    this.outbox.remove(client_id)
    this.emit('outbox', this.outbox.entries)
  }

  /** Says how far the customer has received and read. Numbers that say nothing new are not sent. */
  mark(conversation_id: string, delivered_seq: number, read_seq: number): void {
    const [delivered, read] = this.marked.get(conversation_id) ?? [0, 0]
    if (this.state !== 'online' || (delivered >= delivered_seq && read >= read_seq)) return
    this.marked.set(conversation_id, [delivered_seq, read_seq])
    this.tell({ type: 'mark', conversation_id, delivered_seq, read_seq })
  }

  /** Shows the agent what is being written; an empty text says it has stopped. */
  typing(body: string): void {
    const conversation_id = this.latest?.id
    if (conversation_id) this.tell({ type: 'typing', conversation_id, body: body.slice(0, 500), active: !!body })
  }

  /** The customer is on another page; an empty url says she has left. */
  view(page: Page): void {
    this.page = page
    this.untold = !this.tell({ type: 'page', url: page.url, title: page.title ?? '' })
  }

  /** A frame that is answered (`done`) or refused: edit, recall. */
  call(frame: Frame): Promise<void> {
    const ref = newId()
    const fault = this.state === 'online' ? oversized(frame) : new Refused('client.offline', '')
    if (fault) return Promise.reject(fault)
    return new Promise((resolve, reject) => {
      this.answers.set(ref, { resolve, reject })
      this.tell({ ...frame, ref })
    })
  }

  /** A frame nobody answers. False: the line is down and it is lost. */
  tell(frame: Frame): boolean {
    const { link } = this
    if (this.state !== 'online' || !link) return false
    link.send(frame)
    return true
  }

  /** A call over HTTP as this customer. Throws Refused, or TypeError where there is no network. */
  async request<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(this.server + ROOT + path, {
      method,
      headers: {
        ...(body ? { 'Content-Type': 'application/json' } : {}),
        ...this.authorization,
        ...(this.options.language ? { 'Accept-Language': this.options.language } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const read = await answer.json().catch(() => ({}))
    if (!answer.ok) throw new Refused(read.code ?? '', read.title ?? '', answer.status)
    return read as T
  }

  get authorization(): Record<string, string> {
    return this.session ? { Authorization: `Bearer ${this.session.token}` } : {}
  }

  /** Reads a conversation afresh. */
  async load(id: string): Promise<void> {
    const thread = this.thread(id)
    thread.load(await this.request<Snapshot>('GET', `/conversations/${id}`))
    // What has happened between the reading and now comes as a change.
    this.tell({ type: 'watch', conversation_id: id, rev: thread.rev })
    this.show(thread)
  }

  private thread(id: string): Thread {
    const known = this.threads.get(id) ?? new Thread(id)
    this.threads.set(id, known)
    return known
  }

  private show(thread: Thread): void {
    for (const { client_id } of thread.messages) this.outbox.remove(client_id)
    this.emit('thread', thread)
  }

  become(state: State): void {
    if (state === this.state) return
    this.state = state
    this.emit('state', state)
  }

  private async connect(): Promise<void> {
    this.connecting = true
    this.become('connecting')
    try {
      while (!this.session) await this.openSession()
      const open = this.deafSockets < 2 ? openSocket : await this.streamOpener()
      if (this.state === 'connecting') this.listen(open)
    } catch (why) {
      this.onUnreachable(why as Partial<Refused>)
    }
    this.connecting = false
  }

  /** Sockets do not come through. Where plain requests do, they carry the frames too. */
  private async streamOpener(): Promise<typeof openSocket> {
    await this.request('GET', '/conversations?limit=1')
    return import('./seldom.ts').then((part) => part.openStream)
  }

  private onUnreachable({ status = 0, code = '', message = '' }: Partial<Refused>): void {
    this.deafSockets = 0
    if (status === Code.UNKNOWN_BEARER) {
      this.session = null
      if (this.identity) this.emit('refused', { code, title: message })
      this.identity = null
    } else if (status >= 400 && status < 500 && status !== Code.TOO_MANY) return this.become('refused')
    this.later(0)
  }

  private async openSession(): Promise<void> {
    const { identity, page } = this
    const { screen, navigator } = globalThis
    const asked = {
      site_key: this.options.siteKey,
      token: this.store.get('token'),
      identity,
      language: this.options.language ?? navigator?.language ?? '',
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      screen: screen ? `${screen.width}x${screen.height}` : '',
      page,
    }
    const session = await this.request<Session>('POST', '/sessions', asked).catch((why: Refused) =>
      why.status === Code.PUZZLE ? import('./seldom.ts').then((part) => part.pass(this, asked)) : Promise.reject(why),
    )
    // Somebody else since it was asked for: she gets a session of her own.
    if (identity !== this.identity) return
    this.session = session
    this.untold = page !== this.page
    this.agentsOnline = session.agents_online
    this.store.put('token', session.token)
    this.emit('session', session)
  }

  private listen(open: (url: string, on: Listener) => Link): void {
    let ready = false
    let over = false
    // A network may take the connection and swallow every frame.
    const deaf = setTimeout(() => link.close(), READY_MS)
    const link = open(`${this.server}${ROOT}/ws`, {
      open: () => {
        const thread = this.latest
        const resume = thread ? { conversation_id: thread.id, rev: thread.rev } : {}
        link.send({ type: 'auth', token: this.session?.token, ...resume })
      },
      frame: (text) => {
        if (over) return
        const frame = JSON.parse(text) as Frame
        this.heard = true
        if (frame.type === 'ready') {
          ready = true
          clearTimeout(deaf)
          void this.onReady(frame.conversation as Head | null, frame.agents_online as boolean)
        } else this.hear(frame)
      },
      closed: (code) => {
        if (over) return
        over = true
        clearTimeout(deaf)
        // After a good stream one socket is tried again, for the network may be another by then.
        if (ready) this.deafSockets = open === openSocket ? 0 : 1
        else if (code !== Code.UNAUTHORIZED) this.deafSockets = (this.deafSockets + 1) % 3
        this.onClosed(code)
      },
    })
    this.link = link
  }

  private async onReady(head: Head | null, agentsOnline: boolean): Promise<void> {
    this.marked.clear()
    this.become('online')
    this.setAgents(agentsOnline)
    this.beat = setInterval(() => {
      if (!this.heard) return this.drop()
      this.heard = false
      this.tell({ type: 'ping' })
    }, PING_MS)
    if (this.untold) this.view(this.page)
    this.pump()
    try {
      if (head && !this.threads.has(head.id)) await this.load(head.id)
      this.tries = 0
    } catch {
      this.threads.delete(head!.id)
      this.drop()
    }
  }

  private onClosed(code: number): void {
    this.link = null
    clearInterval(this.beat)
    this.outbox.rewind()
    this.answers.forEach(({ reject }) => reject(new Refused('client.offline', '')))
    this.answers.clear()
    if (code === Code.BLOCKED) return this.become('refused')
    if (code === Code.UNAUTHORIZED) this.session = null
    if (this.state !== 'idle') this.later(code)
  }

  private later(code: number): void {
    this.become('offline')
    const doubled = Math.min(LONGEST_WAIT_MS, 500 * 2 ** this.tries++)
    const least = code === Code.FLOOD || code === Code.SLOW ? 5_000 : 0
    const restarting = (code === Code.RESTART || code === Code.AWAY) && this.tries === 1
    // Thousands may have been cut off in the same moment: the first attempts are spread wide.
    const cut = code === Code.LOST && this.tries === 1
    const spread = cut ? Math.random() * FIRST_WAIT_MS : doubled * (0.5 + Math.random() / 2)
    const wait = restarting ? Math.random() * RESTART_SPREAD_MS : least + spread
    this.retry = setTimeout(() => void this.connect(), wait)
  }

  private setAgents(online: boolean): void {
    this.agentsOnline = online
    this.emit('agents', online)
  }

  private pump(): void {
    if (this.state === 'online') {
      for (const { client_id, draft } of this.outbox.next()) this.tell({ type: 'send', client_id, ...draft })
    }
    this.emit('outbox', this.outbox.entries)
  }

  private hear(frame: Frame): void {
    const id = frame.conversation_id as string
    switch (frame.type) {
      case 'changed':
        return this.onChanged(frame as unknown as Changed)
      case 'resync':
        return void this.load(id).catch(() => this.drop())
      case 'ack':
        this.outbox.acknowledge(frame.client_id as string)
        return this.pump()
      case 'done':
      case 'refused':
        return this.onAnswer(frame)
      case 'agents':
        return this.setAgents(frame.online as boolean)
      default:
        // Those who are interested listen by its name: `typing`, `invite`, `place`.
        this.emit(frame.type as 'invite', frame as unknown as Invite)
    }
  }

  private onChanged(changed: Changed): void {
    const thread = this.thread(changed.conversation_id)
    if (thread.apply(changed)) this.show(thread)
    else this.tell({ type: 'watch', conversation_id: thread.id, rev: thread.rev })
  }

  private onAnswer(frame: Frame): void {
    const { ref = '', code, title } = frame as unknown as Refusal
    const answer = this.answers.get(ref)
    this.answers.delete(ref)
    if (frame.type === 'done') return answer?.resolve()
    if (answer) answer.reject(new Refused(code, title))
    else if (this.outbox.find(ref)) {
      this.outbox.fail(ref, title)
      this.pump()
    } else this.emit('refused', { code, title, ref })
  }
}
