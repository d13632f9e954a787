import { edit, type Message, recall, type Refused, type Thread } from '@kezhan/client'
import { Component, createRef, h } from 'preact'
import type { Chat, Subject } from '../chat'
import { Icon } from '../Icon'
import { t } from '../words'

interface Props {
  chat: Chat
  thread: Thread
  message: Message
  mine: boolean
}

const WINDOW_MS = 10 * 60_000

async function settle(chat: Chat, done: Promise<void>): Promise<void> {
  try {
    await done
  } catch (why) {
    chat.say((why as Refused).message || t('widget.broken'))
  }
}

export function reword(chat: Chat, { thread, message }: Subject, body: string): Promise<void> {
  return settle(chat, edit(chat.client, thread.id, message.seq, body))
}

/** What can be done with one message. */
export class Menu extends Component<Props, { open: boolean }> {
  private readonly frame = createRef<HTMLDivElement>()
  override state = { open: false }

  private readonly toggle = (): void => this.setState(({ open }) => ({ open: !open }), () => this.items()[0]?.focus())

  private items(): HTMLElement[] {
    return [...(this.frame.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])]
  }

  private readonly onFocusOut = (event: FocusEvent): void => {
    if (!this.frame.current?.contains(event.relatedTarget as Node | null)) this.setState({ open: false })
  }

  private readonly onKeyDown = (event: KeyboardEvent): void => {
    const items = this.items()
    const at = items.indexOf(document.activeElement as HTMLElement)
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step) items[(at + step + items.length) % items.length]?.focus()
    else if (event.key === 'Escape' && items.length) this.close()
    else return
    event.preventDefault()
  }

  private close(): void {
    this.setState({ open: false })
    this.frame.current?.querySelector('button')?.focus()
  }

  private acts(): [string, () => void][] {
    const { chat, thread, message, mine } = this.props
    const subject = { thread, message }
    const turn = (quoting: Subject | null, editing: Subject | null): void => {
      chat.take(quoting, editing)
      chat.field?.focus()
    }
    const acts: [string, () => void][] = []
    if (thread === chat.client.latest && thread.head?.state !== 'closed') acts.push([t('widget_thread.menu.quote'), () => turn(subject, null)])
    if (message.body) acts.push([t('widget_thread.menu.copy'), () => void navigator.clipboard?.writeText(message.body!)])
    if (!mine || Date.now() - Date.parse(message.at) > WINDOW_MS) return acts
    if (message.kind === 'text') acts.push([t('widget_thread.menu.edit'), () => turn(null, subject)])
    acts.push([t('widget_thread.menu.recall'), () => void settle(chat, recall(chat.client, thread.id, message.seq))])
    return acts
  }

  override render() {
    const { open } = this.state
    const acts = open ? this.acts() : []
    return (
      <div class="menu" ref={this.frame} onFocusOut={this.onFocusOut} onKeyDown={this.onKeyDown}>
        <button type="button" class="quiet more" aria-haspopup="menu" aria-expanded={open} aria-label={t('widget_thread.menu.open')} onClick={this.toggle}>
          <Icon path="M5 12h.01M12 12h.01M19 12h.01" />
        </button>
        {open && (
          <div class="acts" role="menu">
            {acts.map(([name, act]) => (
              <button key={name} type="button" role="menuitem" tabIndex={-1} onClick={() => { this.close(); act() }}>{name}</button>
            ))}
          </div>
        )}
      </div>
    )
  }
}
