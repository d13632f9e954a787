import type { Card, Invite, KezhanClient, Message, Offer, Thread } from '@kezhan/client'
import type { FromHost, Tell } from './bridge'
import { inkOn } from './scheme'
import { shell } from './shell'
import { type Language, languageOf, learn, speak, speaks, t } from './words'

/** A card to be sent by one tap, under this client_id. */
export interface Offered {
  client_id: string
  card: Card
}

type ThreadView = typeof import('./thread')

/** What few pages ask for. */
const asked = () => import('./later/asked')

const AGAIN_MS = 5_000
/** Who leaves at once is asked nothing. */
const OFFER_MS = 2_000

/** What the panel knows besides the client's own state, and what it tells the page around it. */
export class Chat {
  readonly client: KezhanClient
  /** Null on a page of its own. */
  readonly tell: Tell | null
  /** Whether there is something to close it into. */
  readonly closable: boolean
  open = false
  /** Over the whole screen, as on phones: nothing behind it can be reached. */
  full = false
  /** Where the customer stopped reading when the panel came into view. */
  reading: { thread: string; seq: number } | null = null
  /** What was refused, in words, until it is put away. */
  notice = ''
  /** She has asked to write and there is no field yet. */
  eager = false
  /** The conversation could not be loaded. */
  failed = false
  view: ThreadView | null = null
  /** What the page would have her ask about. */
  declare offered?: Offered | undefined
  private readonly language: Language
  private coming: Promise<ThreadView> | undefined
  private drawn = false
  private waiting = false
  private spoken = false
  private told = ''

  /** `language` is the visitor's; the site may speak others. */
  constructor(client: KezhanClient, tell: Tell | null, embedded: boolean, language: Language) {
    this.client = client
    this.tell = tell
    this.closable = !!tell && !embedded
    this.language = language
    const changed = (): void => this.changed()
    client.on('session', () => void this.onSession())
    for (const name of ['thread', 'outbox', 'agents', 'state'] as const) client.on(name, changed)
    client.on('refused', ({ title }) => this.say(title))
    client.on('invite', this.invited)
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) client.wake()
      this.show(this.open, this.full)
    })
    addEventListener('pagehide', () => client.tell({ type: 'page', url: '' }))
    addEventListener('pageshow', ({ persisted }) => persisted && client.view(client.page))
  }

  /** Several changes in one turn are drawn once. */
  changed(): void {
    if (this.waiting) return
    this.waiting = true
    void Promise.resolve().then(() => {
      this.waiting = false
      this.report()
      if (this.view) this.view.draw(this)
      else shell(this)
    })
  }

  hear(message: FromHost): void {
    const { kezhan } = message
    if (kezhan === 'page') this.client.view(message.page)
    else if (kezhan === 'near') this.fetch().catch(() => 0)
    else if (kezhan === 'do') void asked().then((part) => part.carryOut(this, message.name, message.value))
    else {
      // Only her own wish to open it takes the customer into the field.
      this.eager = kezhan === 'open' && message.open
      this.show(message.open, message.full)
    }
  }

  show(open: boolean, full: boolean): void {
    this.open = open
    this.full = full
    this.drawn = false
    this.failed = false
    if (open && !this.view) void this.bring()
    this.changed()
  }

  close(): void {
    if (this.closable) this.tell!({ kezhan: 'close' })
  }

  say(notice: string): void {
    this.notice = notice
    this.changed()
  }

  /** The conversation is before her eyes. */
  get watched(): boolean {
    return this.open && !document.hidden && !!this.view
  }

  /** Everything to read and to write a message, in one round of requests; it comes with the first opening, or when that is near. */
  private fetch(): Promise<ThreadView> {
    return (this.coming ??= Promise.all([import('./thread'), learn('widget_thread'), speaks() || speak(this.language)]).then(
      ([view]) => view,
      (why: unknown) => {
        this.coming = undefined
        throw why
      },
    ))
  }

  private async bring(): Promise<void> {
    try {
      const view = await this.fetch()
      if (!this.view) view.begin(this)
      this.view = view
      this.drawn = false
    } catch {
      this.failed = true
    }
    this.changed()
  }

  private async onSession(): Promise<void> {
    const { site } = this.client.session!
    const { style } = document.documentElement
    const ink = inkOn(site.accent)
    style.setProperty('--accent', site.accent)
    style.setProperty('--accent-ink', ink)
    document.title = site.title
    try {
      await speak(site.languages.includes(this.language) ? this.language : languageOf(site.languages[0]!))
    } catch {
      return void setTimeout(() => void this.onSession(), AGAIN_MS)
    }
    if (!this.spoken) setTimeout(() => this.client.request<Offer>('GET', '/invites').then((offer) => offer.rules && this.invited(offer), () => 0), OFFER_MS)
    this.spoken = true
    this.tell?.({
      kezhan: 'look',
      look: {
        accent: site.accent,
        ink,
        left: site.position === 'left',
        launcher: site.launcher,
        open: t('widget.open'),
        close: t('widget.close'),
        title: site.title,
      },
    })
    this.changed()
  }

  private readonly invited = (what: Invite | Offer): void => void asked().then((part) => part.invited(this, what))

  /** Marks for the agent, the unread line for the customer, the badge for the page. */
  private report(): void {
    const thread = this.client.latest
    // A conversation that is about to be seen is told of once it is.
    if (!thread?.rev || this.client.state !== 'online' || (this.open && this.coming && !this.view)) return
    const { seq, read, unread } = unreadOf(thread)
    const last = unread[unread.length - 1]
    if (!this.drawn) this.reading = this.watched && last ? { thread: thread.id, seq: read } : null
    this.drawn = true
    this.client.mark(thread.id, seq, this.watched ? seq : read)
    const count = this.watched ? 0 : unread.length
    const told = `${count} ${count && last?.seq}`
    if (told === this.told || !this.spoken) return
    this.told = told
    const text = count && last ? [last.author.name, last.body || t('widget.file')].filter(Boolean).join(t('widget.colon')) : ''
    const label = count ? t('widget.openUnread', { n: count }) : t('widget.open')
    this.tell?.({ kezhan: 'unread', count, text: text.slice(0, 120), label })
  }
}

/** How far a thread goes, how far the customer has read, and the agents' messages beyond that. */
export function unreadOf(thread: Thread): { seq: number; read: number; unread: Message[] } {
  const { messages, marks } = thread
  const read = Math.max(0, ...marks.map((mark) => (mark.party === 'visitor' ? mark.read_seq : 0)))
  const seq = Math.max(0, ...messages.map((message) => message.seq))
  const unread = messages.filter((message) => message.author.kind === 'agent' && message.seq > read && !message.recalled_at)
  return { seq, read, unread: unread.filter(({ kind }) => kind !== 'event') }
}
