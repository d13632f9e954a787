import type { FilePayload } from '@kezhan/client'
import { Component, h } from 'preact'
import type { Chat } from '../chat'
import { Icon } from '../Icon'
import type { Line } from './timeline'
import { t } from '../words'
import { addressOf } from './addresses'
import { previewOf } from './uploads'

interface Props {
  chat: Chat
  line: Line
}

interface Shown {
  source?: string
  link?: string
}

const [WIDEST, HIGHEST] = [240, 260]

/** The size on screen, known before the picture is there, so that nothing moves when it comes. */
export function boxOf(width: number, height: number): { width: string; height: string } {
  const scale = Math.min(1, WIDEST / width, HIGHEST / height)
  return { width: `${Math.max(64, Math.round(width * scale))}px`, height: `${Math.max(40, Math.round(height * scale))}px` }
}

export function sizeOf(bytes: number): string {
  const kilo = bytes / 1024
  return kilo < 1000 ? `${Math.max(1, Math.round(kilo))} KB` : `${(kilo / 1024).toFixed(1)} MB`
}

export class Attachment extends Component<Props, Shown> {
  override state: Shown = {}
  private alive = true

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

  private async find(): Promise<void> {
    const { chat, line } = this.props
    if (!line.message || !line.thread) return
    try {
      const { url, thumbnail_url } = await addressOf(chat, line.thread.id, line.message.seq)
      if (this.alive) this.setState({ link: url, source: thumbnail_url ?? url })
    } catch {
      // Offline: asked again with the next change of the message or a click.
    }
  }

  /** An address lives ten minutes; the one on the screen may be older. */
  private readonly open = async (event: Event): Promise<void> => {
    event.preventDefault()
    const { chat, line } = this.props
    if (!line.message || !line.thread) return
    const file = await addressOf(chat, line.thread.id, line.message.seq).catch(() => null)
    if (!file) return chat.say(t('widget.broken'))
    if (file.thumbnail) return (await import('./viewer')).view(file)
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
      return (
        <button type="button" class="picture" style={boxOf(file.width!, file.height!)} aria-label={t('widget_thread.enlarge', { name: file.name })} onClick={this.open}>
          {(local?.url ?? source) && <img src={local?.url ?? source} alt={file.name} draggable={false} onError={() => void this.find()} />}
        </button>
      )
    }
    return (
      <a class="document" href={link ?? '#'} aria-label={t('widget_thread.download', { name: file.name })} onClick={this.open}>
        <Icon path="M7 3h7l4 4v14H7zM14 3v4h4M12 11v6M9.5 14.5L12 17l2.5-2.5" />
        <span>
          <b title={file.name}>{file.name}</b>
          <small>{sizeOf(file.size)}</small>
        </span>
      </a>
    )
  }
}
