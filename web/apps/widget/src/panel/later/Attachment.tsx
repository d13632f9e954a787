import type { FilePayload } from '@kezhan/client'
import { Component, h } from 'preact'
import type { Chat } from '../chat'
import { Icon } from '../thread/Icon'
import { part } from '../thread/parts'
import type { Line } from '../thread/timeline'
import { t } from '../words'
import { addressOf } from './addresses'
import { boxOf, sizeOf } from './sizes'
import { previewOf } from './uploads'

interface Props {
  chat: Chat
  line: Line
}

interface Shown {
  source?: string
  link?: string
}

export class Attachment extends Component<Props, Shown> {
  override state: Shown = {}
  private alive = true
  /** The address on the screen has failed once and was asked for again. */
  private again = false

  override componentDidMount(): void {
    void this.find()
  }

  override componentDidUpdate(before: Props): void {
    if (before.line.message !== this.props.line.message) void this.find()
  }

  override componentWillUnmount(): void {
    this.alive = false
  }

  private get file(): FilePayload | undefined {
    const payload = this.props.line.message?.payload
    return payload?.is === 'file' ? payload : undefined
  }

  private async find(afresh = false): Promise<void> {
    const { chat, line } = this.props
    if (!line.message || !line.thread) return
    try {
      const { url, thumbnail_url } = await addressOf(chat, line.thread.id, line.message.seq, afresh)
      if (this.alive) this.setState({ link: url, source: thumbnail_url ?? url })
    } catch {
      // Offline: asked again with the next change of the message or a click.
    }
  }

  /** An address lives ten minutes, and a key may have changed before that. */
  private readonly onError = (): void => {
    if (this.again) return
    this.again = true
    void this.find(true)
  }

  private readonly onLoad = (): void => {
    this.again = false
  }

  private readonly open = async (event: Event): Promise<void> => {
    event.preventDefault()
    const { chat, line } = this.props
    if (!line.message || !line.thread) return
    if (this.file?.thumbnail) return (await part('viewer', chat))?.view(chat, line.thread.id, line.message.seq)
    const file = await addressOf(chat, line.thread.id, line.message.seq).catch(() => null)
    if (!file) return chat.say(t('widget_more.unreachable'))
    const link = document.createElement('a')
    Object.assign(link, { href: file.url, target: '_blank', rel: 'noopener', download: file.name })
    link.click()
  }

  override render() {
    const { line } = this.props
    const { source, link } = this.state
    const local = previewOf(line)
    const file = this.file ?? local
    if (!file) return <span class="wait">{t('widget.file')}</span>
    const picture = (this.file ? this.file.thumbnail : local?.url) && file.width && file.height
    if (picture) {
      const shown = local?.url ?? source
      return (
        <button class="picture" style={boxOf(file.width!, file.height!)} aria-label={t('widget_more.enlarge', { name: file.name })} onClick={this.open}>
          {shown && <img src={shown} alt={file.name} draggable={false} onError={this.onError} onLoad={this.onLoad} />}
        </button>
      )
    }
    return (
      <a class="document" href={link ?? '#'} aria-label={t('widget_more.download', { name: file.name })} onClick={this.open}>
        <Icon path="M7 3h7l4 4v14H7zM14 3v4h4M12 11v6M9.5 14.5L12 17l2.5-2.5" />
        <span>
          <b title={file.name}>{file.name}</b>
          <small>{sizeOf(file.size)}</small>
        </span>
      </a>
    )
  }
}
