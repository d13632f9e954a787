import { Component, createRef, Fragment, h } from 'preact'
import type { Chat } from '../chat'
import { Icon } from '../Icon'
import { t } from '../words'
import { sendFiles } from './uploads'

interface Props {
  chat: Chat
}

type Emoji = typeof import('./emoji').Emoji

/** Beside the field: files and emoji. */
export class Tools extends Component<Props, { Emoji?: Emoji | undefined }> {
  override state: { Emoji?: Emoji | undefined } = {}
  private readonly files = createRef<HTMLInputElement>()

  private readonly onPick = (): void => {
    const input = this.files.current!
    void sendFiles(this.props.chat, [...(input.files ?? [])])
    input.value = ''
  }

  private readonly toggle = async (): Promise<void> => {
    const { Emoji } = this.state
    this.setState({ Emoji: Emoji ? undefined : (await import('./emoji')).Emoji })
  }

  private readonly shut = (): void => {
    this.setState({ Emoji: undefined })
  }

  /** Puts a sign where the caret is. */
  private readonly insert = (sign: string): void => {
    const { field } = this.props.chat
    const area = field?.area.current
    if (!area) return
    area.setRangeText(sign, area.selectionStart, area.selectionEnd, 'end')
    field?.grow()
    area.focus()
  }

  override render() {
    const { Emoji } = this.state
    return (
      <>
        <input ref={this.files} type="file" multiple hidden onChange={this.onPick} />
        <button type="button" class="quiet" aria-label={t('widget_thread.attach')} title={t('widget_thread.attach')} onClick={() => this.files.current!.click()}>
          <Icon path="M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.4 3.4 0 0 1 5 5l-8.5 8.5a1.8 1.8 0 0 1-2.5-2.5L14.5 7.5" />
        </button>
        <button type="button" class="quiet" aria-label={t('widget_thread.emoji')} title={t('widget_thread.emoji')} aria-expanded={!!Emoji} onClick={this.toggle}>
          <Icon path="M12 3a9 9 0 1 0 .01 0M8.5 14.5a4.5 4.5 0 0 0 7 0M9 9.5v.01M15 9.5v.01" />
        </button>
        {Emoji && <Emoji insert={this.insert} shut={this.shut} />}
      </>
    )
  }
}
