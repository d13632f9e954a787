import { Component, createRef, h } from 'preact'
import type { Chat } from './chat'
import { t } from './words'

interface Props {
  chat: Chat
}

/** The field and what stands around it. The browser keeps the text. */
export class Composer extends Component<Props> {
  readonly area = createRef<HTMLTextAreaElement>()

  override componentDidMount(): void {
    this.props.chat.field = this
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
    const body = this.area.current!.value.trim()
    if (body && this.props.chat.send(body)) this.write('')
  }

  override render() {
    const { chat } = this.props
    const { view, client } = chat
    return (
      <form class="composer" onSubmit={this.send}>
        {view && <view.Subject chat={chat} />}
        <textarea
          ref={this.area}
          rows={1}
          maxLength={10_000}
          enterkeyhint="send"
          aria-label={t('widget.write')}
          placeholder={client.session?.site.placeholder || t('widget.placeholder')}
          onInput={this.grow}
          onKeyDown={this.onKeyDown}
        />
        <div class="tools">
          {view && <view.Tools chat={chat} />}
          <button type="submit" class="send">{t('widget.send')}</button>
        </div>
      </form>
    )
  }
}
