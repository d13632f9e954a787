import { Component, createRef, h } from 'preact'
import type { Chat } from '../chat'
import { t } from '../words'
import { parts } from './parts'
import { send, talk, written } from './talk'
import { Tools } from './Tools'

interface Props {
  chat: Chat
}

/** The field and what stands around it. The browser keeps the text. */
export class Composer extends Component<Props> {
  readonly area = createRef<HTMLTextAreaElement>()

  override componentDidMount(): void {
    talk.field = this
  }

  focus(): void {
    this.area.current!.focus()
  }

  write(text: string): void {
    this.area.current!.value = text
    this.grow()
  }

  readonly grow = (): void => {
    const { style } = this.area.current!
    style.height = 'auto'
    style.height = `${this.area.current!.scrollHeight}px`
  }

  private readonly onKeyDown = (event: KeyboardEvent): void => {
    // Enter that ends a word of an input method is no wish to send; Safari says so by the key code only.
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229) this.send(event)
  }

  private readonly send = (event: Event): void => {
    event.preventDefault()
    const body = written().trim()
    if (body) send(this.props.chat, body)
  }

  override render() {
    const { chat } = this.props
    return (
      <form class="composer" hidden={chat.client.latest?.head?.blocked || parts.place?.asking()} onSubmit={this.send}>
        {parts.menu && <parts.menu.Subject chat={chat} />}
        <textarea
          ref={this.area}
          rows={1}
          maxLength={10_000}
          enterkeyhint="send"
          aria-label={t('widget_thread.write')}
          placeholder={chat.client.session?.site.placeholder || t('widget_thread.placeholder')}
          onInput={this.grow}
          onKeyDown={this.onKeyDown}
        />
        <div class="tools">
          <Tools chat={chat} />
          <button type="submit" class="send">{t('widget_thread.send')}</button>
        </div>
      </form>
    )
  }
}
