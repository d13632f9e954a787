import type { Refused } from '@kezhan/client'
import { Component, createRef, h } from 'preact'
import { t } from '../words'

interface Props {
  send: (where: string, note: string) => Promise<void>
  shut: () => void
}

/** Where she is to be called or written to, instead of waiting. The browser keeps what is typed. */
export class Reach extends Component<Props, { fault: string; sending: boolean }> {
  override state = { fault: '', sending: false }
  private readonly where = createRef<HTMLInputElement>()
  private readonly note = createRef<HTMLInputElement>()

  override componentDidMount(): void {
    this.where.current!.focus()
  }

  private readonly send = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (this.state.sending) return
    this.setState({ fault: '', sending: true })
    try {
      await this.props.send(this.where.current!.value.trim(), this.note.current!.value.trim())
    } catch (why) {
      this.setState({ fault: (why as Refused).message || t('widget_more.place.unsent'), sending: false })
      this.where.current!.focus()
    }
  }

  private readonly onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.isComposing) return
    event.preventDefault()
    this.props.shut()
  }

  override render() {
    const { fault, sending } = this.state
    return (
      <form class="reach" onSubmit={this.send} onKeyDown={this.onKeyDown} noValidate>
        <label for="reach">{t('widget_more.place.reach')}</label>
        <input
          id="reach" ref={this.where} maxLength={254} autocomplete="tel" enterkeyhint="next"
          aria-invalid={!!fault} aria-describedby={fault ? 'fault' : undefined}
        />
        {fault && <p id="fault" class="fault" role="alert">{fault}</p>}
        <label for="note">{t('widget_more.place.note')}</label>
        <input id="note" ref={this.note} maxLength={500} placeholder={t('widget_more.place.noteHint')} autocomplete="off" />
        <div class="ways">
          <button type="submit" class="way main" disabled={sending}>{t('widget_more.place.ask')}</button>
          <button type="button" class="way" onClick={this.props.shut}>{t('widget_more.cancel')}</button>
        </div>
      </form>
    )
  }
}
