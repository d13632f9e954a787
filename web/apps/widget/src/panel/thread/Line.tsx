import type { Draft, Message } from '@kezhan/client'
import { Component, Fragment, h } from 'preact'
import type { Chat } from '../chat'
import { Actions } from './Actions'
import { parts } from './links'
import { part, parts as later } from './parts'
import { clockOf } from './time'
import type { Line as LineRow } from './timeline'
import { t } from '../words'

interface Props {
  chat: Chat
  line: LineRow
  /** Whether it is the very last one, whose state is told in words. */
  tail: boolean
}

const TICKS = {
  sending: 'M12 8v4l3 2M12 4a8 8 0 1 0 .1 0',
  sent: 'M5 13l4 4L19 7',
  delivered: 'M2 13l4 4L16 7M11 16l1 1L22 7',
  read: 'M2 13l4 4L16 7M11 16l1 1L22 7',
  failed: 'M12 7v6M12 16v1',
}

function Text({ text }: { text: string }) {
  return (
    <>
      {parts(text).map((part, at) =>
        at % 2 ? <a key={at} href={part} target="_blank" rel="noopener noreferrer">{part}</a> : part,
      )}
    </>
  )
}

/** One line of a message, for quotes. */
export function gist(message: Message | undefined): string {
  if (!message || message.recalled_at) return t('widget_thread.recalled')
  if (message.kind === 'image') return `[${t('widget_thread.image')}]`
  return message.body || (message.payload?.is === 'file' ? message.payload.name : '')
}

function Quoted({ message }: { message: Message | undefined }) {
  return (
    <span class="quoted">
      {message && <b>{message.author.kind === 'visitor' ? t('widget_thread.you') : message.author.name}</b>} {gist(message)}
    </span>
  )
}

/** Where a file or a survey stands until the part that shows them is here. */
class Awaited extends Component<{ chat: Chat }> {
  override componentDidMount(): void {
    this.ask()
  }

  private readonly ask = (): void => void part('files', this.props.chat)

  override render() {
    return <button class="wait" onClick={this.ask}>{t('widget.file')}</button>
  }
}

function Content({ chat, line }: { chat: Chat; line: LineRow }) {
  const { message, pending, thread } = line
  const quote = message?.quote_seq ?? pending?.draft.quote_seq
  const { body, payload, reactions, file_id } = { ...pending?.draft, ...message } as Partial<Message & Draft>
  return (
    <>
      {quote && <Quoted message={(thread ?? chat.client.latest)?.message(quote)} />}
      {body && payload?.is !== 'card' && <Text text={body} />}
      {later.place?.cards(chat, line)}
      {(payload || reactions || file_id) &&
        (later.files ? <later.files.Attached chat={chat} line={line} /> : <Awaited chat={chat} />)}
    </>
  )
}

// messages: widget_thread.state.*
function Foot({ chat, line, tail }: Props) {
  const { client } = chat
  const { pending, state, mine, message } = line
  const waiting = state === 'sending' && client.state !== 'online'
  const word = t(`widget_thread.state.${waiting ? 'waiting' : state}`)
  return (
    <p class={`foot ${state}`}>
      <time>{clockOf(line.at)}</time>
      {message?.edited_at && <span>{t('widget_thread.edited')}</span>}
      {mine && (
        <>
          <svg viewBox="0 0 24 24" width="14" height="14" class="icon" role="img" aria-label={word}><path d={TICKS[state]} /></svg>
          {(tail || state === 'failed' || state === 'sending') && <span aria-hidden="true">{word}</span>}
        </>
      )}
      {pending && state === 'failed' && (
        <>
          {pending.title && <span>{pending.title}</span>}
          <button class="text" onClick={() => client.retrySend(pending.client_id)}>{t('widget_thread.retry')}</button>
          <button class="text" onClick={() => client.discard(pending.client_id)}>{t('widget_thread.discard')}</button>
        </>
      )}
    </p>
  )
}

export function Line({ chat, line, tail }: Props) {
  const { message, mine, first, last } = line
  if (message?.recalled_at) return <p class="event">{t('widget_thread.recalled')}</p>
  const file = message?.kind === 'image' || message?.kind === 'file' || line.pending?.draft.file_id
  return (
    <article class={`line ${mine ? 'mine' : ''} ${first ? 'first' : ''}`}>
      {!mine && first && message?.author.name && <p class="name">{message.author.name}</p>}
      <div class="side">
        <div class={`bubble ${file ? 'file' : ''}`} tabIndex={-1}>
          <span class="aside">{mine ? t('widget_thread.you') : message?.author.name} </span>
          <Content chat={chat} line={line} />
        </div>
        {message && line.thread && <Actions chat={chat} thread={line.thread} message={message} mine={mine} />}
      </div>
      {(last || line.state === 'failed') && <Foot chat={chat} line={line} tail={tail} />}
    </article>
  )
}
