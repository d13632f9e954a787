import { Component, createRef, Fragment, h } from 'preact'
import type { Chat } from '../chat'
import { t } from '../words'
import { Icon } from './Icon'
import { part, parts } from './parts'
import { sendFiles } from './sending'
import { talk } from './talk'

interface Props {
  chat: Chat
}

/** Beside the field: files and emoji. */
export class Tools extends Component<Props, { signs: boolean }> {
  override state = { signs: false }
  private readonly files = createRef<HTMLInputElement>()

  private readonly onPick = (): void => {
    const input = this.files.current!
    sendFiles(this.props.chat, input.files ?? [])
    input.value = ''
  }

  private readonly toggle = async (): Promise<void> => {
    const { signs } = this.state
    if (signs || (await part('emoji', this.props.chat))) this.setState({ signs: !signs })
  }

  private readonly shut = (): void => {
    this.setState({ signs: false })
  }

  /** Puts a sign where the caret is. */
  private readonly insert = (sign: string): void => {
    const { field } = talk
    const area = field?.area.current
    if (!area) return
    area.setRangeText(sign, area.selectionStart, area.selectionEnd, 'end')
    field?.grow()
    area.focus()
  }

  override render() {
    const { signs } = this.state
    const [attach, emoji] = [t('widget_thread.attach'), t('widget_thread.emoji')]
    return (
      <>
        <input ref={this.files} type="file" multiple hidden onChange={this.onPick} />
        <button type="button" class="quiet" aria-label={attach} title={attach} onClick={() => this.files.current!.click()}>
          <Icon path="M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.4 3.4 0 0 1 5 5l-8.5 8.5a1.8 1.8 0 0 1-2.5-2.5L14.5 7.5" />
        </button>
        <button type="button" class="quiet" aria-label={emoji} title={emoji} aria-expanded={signs} onClick={this.toggle}>
          <Icon path="M12 3a9 9 0 1 0 .01 0M8.5 14.5a4.5 4.5 0 0 0 7 0M9 9.5v.01M15 9.5v.01" />
        </button>
        {signs && parts.emoji && <parts.emoji.Emoji insert={this.insert} shut={this.shut} />}
      </>
    )
  }
}
