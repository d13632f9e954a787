import type { FilePayload } from '@kezhan/client'
import { Component, createRef, h } from 'preact'
import type { Chat } from '../chat'
import type { Line } from '../thread/timeline'
import { t } from '../words'
import { addressOf } from './addresses'
import { Attachment } from './Attachment'

interface Props {
  chat: Chat
  line: Line
  file: FilePayload
}

const RATES = [1, 1.5, 2]
/** One at a time, whichever began last. */
let playing: HTMLMediaElement | undefined

export const kindOf = (type: string): string | undefined => /^(audio|video)\//.exec(type)?.[1]

/** Sound and film in the thread; nothing plays by itself. No browser plays AMR, which is offered as a file. */
export class Media extends Component<Props, { url?: string; rate: number }> {
  override state: { url?: string; rate: number } = { rate: 1 }
  private readonly media = createRef<HTMLMediaElement>()
  private again = false

  override componentDidMount(): void {
    if (this.props.file.media_type !== 'audio/amr') void this.find()
  }

  private async find(afresh = false): Promise<void> {
    const { chat, line } = this.props
    if (!line.thread || !line.message) return
    const found = await addressOf(chat, line.thread.id, line.message.seq, afresh).catch(() => null)
    if (found) this.setState({ url: found.url })
  }

  /** An address lives ten minutes. */
  private readonly onError = (): void => {
    if (this.again) return
    this.again = true
    void this.find(true)
  }

  private readonly onPlay = (): void => {
    const media = this.media.current!
    if (playing !== media) playing?.pause()
    playing = media
    this.again = false
  }

  private readonly faster = (): void => {
    const rate = RATES[(RATES.indexOf(this.state.rate) + 1) % RATES.length]!
    this.media.current!.playbackRate = rate
    this.setState({ rate })
  }

  override render() {
    const { chat, line, file } = this.props
    const { url, rate } = this.state
    if (file.media_type === 'audio/amr') return <div><Attachment chat={chat} line={line} /><small>{t('widget_more.unplayable')}</small></div>
    const shared = { controls: true, preload: 'metadata' as const, onPlay: this.onPlay, onError: this.onError, 'aria-label': file.name }
    if (kindOf(file.media_type) === 'video') {
      return <div class="media"><video ref={this.media as never} src={url && `${url}#t=0.1`} playsInline {...shared} /></div>
    }
    return (
      <div class="media">
        <audio ref={this.media as never} src={url} {...shared} />
        <button class="text" aria-label={t('widget_more.speed', { rate })} onClick={this.faster}>{rate}×</button>
      </div>
    )
  }
}
