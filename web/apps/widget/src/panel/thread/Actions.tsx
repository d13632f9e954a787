import type { Message, Thread } from '@kezhan/client'
import { Component, createRef, h } from 'preact'
import type { Chat } from '../chat'
import { t } from '../words'
import { Icon } from './Icon'
import { part, parts } from './parts'

export interface Props {
  chat: Chat
  thread: Thread
  message: Message
  mine: boolean
}

/** Three dots beside a message; what they open comes with the first press. */
export class Actions extends Component<Props, { open: boolean }> {
  private readonly frame = createRef<HTMLDivElement>()
  override state = { open: false }

  private readonly toggle = async (): Promise<void> => {
    const { open } = this.state
    if (open || (await part('menu', this.props.chat))) this.setState({ open: !open })
  }

  private readonly shut = (): void => {
    this.setState({ open: false })
    this.frame.current?.querySelector('button')?.focus()
  }

  private readonly onFocusOut = (event: FocusEvent): void => {
    if (!this.frame.current?.contains(event.relatedTarget as Node | null)) this.setState({ open: false })
  }

  override render() {
    const { open } = this.state
    return (
      <div class="menu" ref={this.frame} onFocusOut={this.onFocusOut} onPointerEnter={() => void part('menu')}>
        <button class="quiet more" aria-haspopup="menu" aria-expanded={open} aria-label={t('widget_thread.actions')} onClick={this.toggle}>
          <Icon path="M5 12h.01M12 12h.01M19 12h.01" />
        </button>
        {open && parts.menu && <parts.menu.Menu {...this.props} shut={this.shut} />}
      </div>
    )
  }
}
