import './menu.css'
import { edit, react, recall, type Refused, sendCard } from '@kezhan/client'
import { Component, createRef, h } from 'preact'
import type { Chat, Offered } from '../chat'
import type { Props } from '../thread/Actions'
import { gist } from '../thread/Line'
import { type Subject as About, take, talk, written } from '../thread/talk'
import { t } from '../words'

// messages: widget_more.react.*
const SIGNS = ['👍', '❤️', '😄', '🎉', '🙏']
const WINDOW_MS = 10 * 60_000

async function settle(chat: Chat, done: Promise<void>, undo?: () => void): Promise<void> {
  try {
    await done
  } catch (why) {
    undo?.()
    chat.say((why as Refused).message || t('widget_more.unchanged'))
  }
}

/** Sends new words for a message of hers. */
export function reword(chat: Chat, subject: About, body: string): void {
  const done = edit(chat.client, subject.thread.id, subject.message.seq, body)
  take(chat, null, null)
  const left = written()
  // New words that were refused go back into the field, unless she writes something else by now.
  const undo = (): void => {
    if (written() !== left) return
    take(chat, null, subject)
    talk.field?.write(body)
  }
  void settle(chat, done, undo)
}

/** Above the field: what the page would have her ask about, sent by one tap. */
class Offer extends Component<{ chat: Chat; offered: Offered }, { sending: boolean }> {
  override state = { sending: false }

  private readonly drop = (): void => {
    this.props.chat.offered = undefined
    this.props.chat.changed()
  }

  private readonly send = async (): Promise<void> => {
    const { chat, offered } = this.props
    this.setState({ sending: true })
    try {
      await sendCard(chat.client, offered.client_id, offered.card)
      this.drop()
    } catch (why) {
      chat.say((why as Refused).message || t('widget_more.card.unsent'))
      this.setState({ sending: false })
    }
  }

  override render() {
    const { card } = this.props.offered
    const name = card.is === 'order' ? card.number : card.title
    const more = card.is === 'product' ? card.price : card.is === 'order' ? card.state : ''
    return (
      <p class="subject offer">
        <span title={name}>{[name, more].filter(Boolean).join(' · ')}</span>
        <button type="button" class="text" disabled={this.state.sending} onClick={this.send}>{t('widget_more.card.send')}</button>
        <button type="button" class="text" aria-label={t('widget_more.card.drop')} onClick={this.drop}>×</button>
      </p>
    )
  }
}

/** Above the field: which message is answered or worded anew. */
export function Subject({ chat }: { chat: Chat }) {
  const subject = talk.editing ?? talk.quoting
  if (!subject) return chat.offered ? <Offer key={chat.offered.client_id} chat={chat} offered={chat.offered} /> : null
  return (
    <p class="subject">
      <span>{talk.editing ? t('widget_more.editing') : gist(subject.message)}</span>
      <button type="button" class="text" onClick={() => take(chat, null, null)}>{t('widget_more.cancel')}</button>
    </p>
  )
}

/** What can be done with one message. */
export class Menu extends Component<Props & { shut: () => void }> {
  private readonly frame = createRef<HTMLDivElement>()

  override componentDidMount(): void {
    this.fit()
    this.items()[0]?.focus({ preventScroll: true })
  }

  /** Stays inside the list, whose edges cut off what stands over them. */
  private fit(): void {
    const { style } = this.frame.current!
    const frame = this.frame.current!.getBoundingClientRect()
    const list = this.frame.current!.closest('.list')!.getBoundingClientRect()
    if (frame.top < list.top) Object.assign(style, { top: '100%', bottom: 'auto' })
    if (frame.left < list.left) Object.assign(style, { left: '0', right: 'auto' })
    if (frame.right > list.right) Object.assign(style, { left: 'auto', right: '0' })
  }

  private items(): HTMLElement[] {
    return [...this.frame.current!.querySelectorAll<HTMLElement>('[role^=menuitem]')]
  }

  private readonly onKeyDown = (event: KeyboardEvent): void => {
    const items = this.items()
    const at = items.indexOf(document.activeElement as HTMLElement)
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step) items[(at + step + items.length) % items.length]?.focus()
    else if (event.key === 'Escape') this.props.shut()
    else return
    event.preventDefault()
  }

  private acts(): [string, () => void][] {
    const { chat, thread, message, mine } = this.props
    const subject = { thread, message }
    const turn = (quoting: About | null, editing: About | null): void => {
      take(chat, quoting, editing)
      talk.field?.focus()
    }
    const acts: [string, () => void][] = []
    if (thread === chat.client.latest && thread.head?.state !== 'closed') acts.push([t('widget_more.menu.quote'), () => turn(subject, null)])
    if (message.body) acts.push([t('widget_more.menu.copy'), () => void navigator.clipboard?.writeText(message.body!)])
    if (!mine || Date.now() - Date.parse(message.at) > WINDOW_MS) return acts
    if (message.kind === 'text' && !message.payload) acts.push([t('widget_more.menu.edit'), () => turn(null, subject)])
    acts.push([t('widget_more.menu.recall'), () => void settle(chat, recall(chat.client, thread.id, message.seq))])
    return acts
  }

  override render() {
    const { chat, thread, message } = this.props
    const own = message.reactions?.find(({ party }) => party === 'visitor')?.emoji
    return (
      <div class="acts" role="menu" ref={this.frame} onKeyDown={this.onKeyDown}>
        {this.acts().map(([name, act]) => (
          <button key={name} role="menuitem" tabIndex={-1} onClick={() => { this.props.shut(); act() }}>{name}</button>
        ))}
        <div class="signs">
          {SIGNS.map((sign) => (
            <button key={sign} role="menuitemradio" aria-checked={own === sign} tabIndex={-1} class={own === sign ? 'on' : ''} aria-label={t(own === sign ? 'widget_more.react.remove' : 'widget_more.react.add', { sign })} onClick={() => { this.props.shut(); void settle(chat, react(chat.client, thread.id, message.seq, own === sign ? '' : sign)) }}>{sign}</button>
          ))}
        </div>
      </div>
    )
  }
}
