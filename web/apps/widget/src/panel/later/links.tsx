import './links.css'
import { linkCards, type LinkPreview } from '@kezhan/client'
import { Component, Fragment, h } from 'preact'
import type { Chat } from '../chat'
import type { Line } from '../thread/timeline'

/** When to look again for what is being fetched. */
const AGAIN_MS = [1500, 3000, 6000]

interface Props {
  chat: Chat
  line: Line
}

/** Below a message with a link in it: what stands behind it, where the shop shows that. */
class Cards extends Component<Props, { cards: LinkPreview[] }> {
  override state: { cards: LinkPreview[] } = { cards: [] }
  private rev = 0

  override componentDidMount(): void {
    this.look()
  }

  override componentDidUpdate(): void {
    this.look()
  }

  private look(): void {
    const { message, thread } = this.props.line
    if (!message || !thread || message.rev === this.rev) return
    this.rev = message.rev
    void this.read(thread.id, message.seq, 0)
  }

  private async read(id: string, seq: number, turn: number): Promise<void> {
    const found = await linkCards(this.props.chat.client, id, seq).catch(() => null)
    if (!found?.enabled) return
    this.setState({ cards: found.items ?? [] })
    const pause = AGAIN_MS[turn]
    if (found.pending && pause) setTimeout(() => void this.read(id, seq, turn + 1), pause)
  }

  override render() {
    return (
      <>
        {this.state.cards.map(({ address, title, site, picture }) => (
          <a key={address} class="linked" href={address} target="_blank" rel="noopener noreferrer">
            {picture && <img src={picture} alt="" />}
            <span>
              {title}
              <small>{site}</small>
            </span>
          </a>
        ))}
      </>
    )
  }
}

/** Where a message has a link. */
export const cards = (chat: Chat, line: Line) => line.message?.body?.includes('://') && <Cards chat={chat} line={line} />
