import { Component, createRef, h } from 'preact'
import type { Chat } from '../chat'
import { t } from '../words'
import { Greeting } from './Greeting'
import { Icon } from './Icon'
import { Line } from './Line'
import { part, parts } from './parts'
import { hasEarlier } from './past'
import { talk } from './talk'
import { type Divider, type Row, rows, type Told } from './timeline'
import { dayOf } from './time'

interface Props {
  chat: Chat
}

const NEAR = 60

// messages: widget_thread.event.*
function Between({ row }: { row: Divider | Told }) {
  if (row.kind !== 'event') return <p class={row.kind}>{row.kind === 'day' ? dayOf(row.at) : t('widget_thread.unread')}</p>
  const payload = row.message.payload
  if (payload?.is !== 'event') return null
  return <p class="event">{t(`widget_thread.event.${payload.event}`, { name: payload.target || payload.actor || '' })}</p>
}

/** The log: keeps to its end while the reader is there, and keeps her place while she is not. */
export class Messages extends Component<Props> {
  private readonly list = createRef<HTMLDivElement>()
  private atEnd = true
  private shown: Row[] = []
  private first = ''
  private fromEnd = 0
  private leftAt = ''
  private size = ''
  private wasOpen = false

  override componentDidMount(): void {
    this.wasOpen = this.props.chat.open
    // Pictures know their size, but a growing composer or keyboard changes ours.
    if (typeof ResizeObserver !== 'undefined') new ResizeObserver(() => this.settle()).observe(this.list.current!)
  }

  override componentWillUpdate(): void {
    const list = this.list.current!
    this.fromEnd = list.scrollHeight - list.scrollTop
  }

  override componentDidUpdate(): void {
    const { chat } = this.props
    const list = this.list.current!
    const first = this.shown.find(({ kind }) => kind === 'message')?.key ?? ''
    if (this.first && first !== this.first && !this.atEnd) list.scrollTop = list.scrollHeight - this.fromEnd
    this.first = first
    if (chat.open && !this.wasOpen) this.atEnd = true
    this.wasOpen = chat.open
    this.settle()
  }

  private settle(): void {
    const list = this.list.current
    if (!list) return
    if (this.atEnd) list.scrollTop = list.scrollHeight
    this.size = `${list.scrollHeight} ${list.clientHeight}`
  }

  private readonly onScroll = (): void => {
    const list = this.list.current!
    // A list that has grown or shrunk is not scrolled by the reader.
    if (this.size !== `${list.scrollHeight} ${list.clientHeight}`) return this.settle()
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR
    if (list.scrollTop < NEAR && !atEnd) this.earlier()
    if (atEnd === this.atEnd) return
    this.atEnd = atEnd
    this.leftAt = this.shown[this.shown.length - 1]?.key ?? ''
    this.setState({})
  }

  private readonly earlier = (): void => {
    const { chat } = this.props
    void part('earlier', chat).then((found) => found?.readEarlier(chat))
  }

  private readonly toEnd = (): void => {
    this.atEnd = true
    this.setState({})
  }

  override render() {
    const { chat } = this.props
    const { client } = chat
    const { typist } = talk
    const before = this.shown[this.shown.length - 1]
    this.shown = rows(client.history, client.outbox.entries, chat.reading)
    const last = this.shown[this.shown.length - 1]
    // Her own new message is something she wants to see.
    if (last && last !== before && last.kind === 'message' && last.pending && last.key !== before?.key) this.atEnd = true
    const count = this.shown.length - 1 - this.shown.findIndex(({ key }) => key === this.leftAt)
    return (
      <div class="middle">
        <div class="list" ref={this.list} role="log" aria-label={t('widget_thread.log')} tabIndex={0} onScroll={this.onScroll}>
          {hasEarlier(chat) ? (
            <button class="text earlier" onClick={this.earlier}>{t('widget_thread.earlier')}</button>
          ) : (
            <Greeting chat={chat} />
          )}
          {this.shown.map((row) =>
            row.kind === 'message' ? (
              <Line key={row.key} chat={chat} line={row} tail={row === last} />
            ) : (
              <Between key={row.key} row={row} />
            ),
          )}
          {parts.files && <parts.files.Uploads chat={chat} />}
          {client.latest?.head?.state === 'closed' && !client.outbox.entries.length && <p class="event">{t('widget_thread.over')}</p>}
          {typist && (
            <p class="bubble dots" role="status">
              <span class="aside">{t('widget_thread.typing', { name: typist })}</span>
              <i /><i /><i />
            </p>
          )}
        </div>
        {!this.atEnd && (
          <button class="jump" onClick={this.toEnd}>
            <Icon path="M6 9l6 6 6-6" />
            {count ? t('widget_thread.newestCount', { n: count }) : t('widget_thread.newest')}
          </button>
        )}
      </div>
    )
  }
}
