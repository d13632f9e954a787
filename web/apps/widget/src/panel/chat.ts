import type { Draft, KezhanClient, Message, State, Thread } from '@kezhan/client'
import type { FromHost, Tell } from './bridge'
import { inkOn } from './scheme'
import { languageOf, speak, t } from './words'

type ThreadView = typeof import('./thread')

/** A message being answered or worded anew. */
export interface Subject {
  thread: Thread
  message: Message
}

/** The field customers write in, as other parts of the panel use it. */
export interface Field {
  area: { current: HTMLTextAreaElement | null }
  grow(): void
  write(text: string): void
  focus(): void
}

const BREAK_MS = 1_200

/** What the panel knows besides the client's own state, and what it tells the page around it. */
export class Chat {
  readonly client: KezhanClient
  /** Null on a page of its own. */
  readonly tell: Tell | null
  readonly embedded: boolean
  open: boolean
  /** Over the whole screen, as on phones: nothing behind it can be reached. */
  full = false
  /** Where the customer stopped reading when the panel came into view. */
  reading: { thread: string; seq: number } | null = null
  /** The line has been down long enough to speak of it. */
  broken = false
  notice = ''
  typist = ''
  quoting: Subject | null = null
  editing: Subject | null = null
  field: Field | null = null
  view: ThreadView | null = null
  onChange: () => void = () => undefined
  private breaking: ReturnType<typeof setTimeout> | undefined
  private loading = false
  private drawn = false
  private waiting = false
  private told = ''

  constructor(client: KezhanClient, tell: Tell | null, embedded: boolean) {
    this.client = client
    this.tell = tell
    this.embedded = embedded
    this.open = !tell || embedded
    const changed = (): void => this.changed()
    client.on('session', () => void this.onSession())
    client.on('thread', changed)
    client.on('outbox', changed)
    client.on('agents', changed)
    client.on('state', (state) => this.onState(state))
    client.on('refused', ({ title }) => this.say(title))
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) client.wake()
      this.show(this.open, this.full)
    })
    addEventListener('pagehide', () => client.view({ url: '' }))
  }

  /** Several changes in one turn are drawn once. */
  changed(): void {
    if (this.waiting) return
    this.waiting = true
    void Promise.resolve().then(() => {
      this.waiting = false
      this.report()
      if (this.open) void this.more()
      this.onChange()
    })
  }

  hear(message: FromHost): void {
    const { kezhan } = message
    if (kezhan === 'page') this.client.view(message.page)
    else if (kezhan === 'do') void import('./asked').then((part) => part.carryOut(this.client, message.name, message.value))
    else {
      this.show(message.open, message.full)
      // Only her own wish to open it takes the customer into the field.
      if (kezhan === 'open' && message.open) this.field?.focus()
    }
  }

  show(open: boolean, full: boolean): void {
    this.open = open
    this.full = full
    this.drawn = false
    this.changed()
  }

  close(): void {
    if (!this.embedded) this.tell?.({ kezhan: 'close' })
  }

  say(notice: string): void {
    this.notice = notice
    this.changed()
  }

  /** Turns the field to a message, or away from any. */
  take(quoting: Subject | null, editing: Subject | null): void {
    if (editing || this.editing) this.field?.write(editing?.message.body ?? '')
    this.quoting = quoting
    this.editing = editing
    this.changed()
  }

  /** Sends what was written. False where there is no room for more. */
  send(body: string): boolean {
    const { quoting, editing, client } = this
    const draft: Draft = { body }
    if (quoting && quoting.thread === client.latest) draft.quote_seq = quoting.message.seq
    if (editing) void this.view?.reword(this, editing, body)
    else if (!client.say(draft)) {
      this.say(t('widget_thread.full'))
      return false
    }
    this.take(null, null)
    return true
  }

  get watched(): boolean {
    return this.open && !document.hidden
  }

  /** The conversation comes with the first opening; until then the panel is a greeting and a field. */
  private async more(): Promise<void> {
    if (this.loading) return
    this.loading = true
    try {
      this.view = await import('./thread')
      this.view.begin(this)
      this.changed()
    } catch {
      this.loading = false
    }
  }

  private onState(state: State): void {
    if (state === 'online') this.broken = false
    if (state !== 'connecting') clearTimeout(this.breaking)
    if (state === 'offline') {
      // A restart of the server is over within a second and no news.
      this.breaking = setTimeout(() => {
        this.broken = true
        this.changed()
      }, BREAK_MS)
    }
    this.changed()
  }

  private async onSession(): Promise<void> {
    const { site } = this.client.session!
    const [style, ink] = [document.documentElement.style, inkOn(site.accent)]
    style.setProperty('--accent', site.accent)
    style.setProperty('--accent-ink', ink)
    const language = languageOf(document.documentElement.lang)
    if (!site.languages.includes(language)) await speak(languageOf(site.languages[0]!))
    document.title = site.title
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

  /** Marks for the agent, the unread line for the customer, the badge for the page. */
  private report(): void {
    const thread = this.client.latest
    if (!thread?.rev || this.client.state !== 'online') return
    const { seq, read, unread } = unreadOf(thread)
    const last = unread[unread.length - 1]
    if (!this.drawn) this.reading = this.watched && last ? { thread: thread.id, seq: read } : null
    this.drawn = true
    this.client.mark(thread.id, seq, this.watched ? seq : read)
    const count = this.watched ? 0 : unread.length
    const told = `${count} ${count && last?.seq}`
    if (told === this.told) return
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
