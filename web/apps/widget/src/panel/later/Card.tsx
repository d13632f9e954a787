import './card.css'
import { type CardButton, type CardPayload, type Refused, tap } from '@kezhan/client'
import { Component, h } from 'preact'
import type { Chat } from '../chat'
import type { Line } from '../thread/timeline'
import { t } from '../words'
import { addressOf } from './addresses'

interface Props {
  chat: Chat
  line: Line
  payload: CardPayload
}

const LINK = { target: '_blank', rel: 'noopener noreferrer nofollow' }
/** Anything else would not open a page. */
const page = (address: string | undefined): string | undefined => (/^https?:\/\//i.test(address ?? '') ? address : undefined)

/** A product, an order or a page, and buttons: one of them is pressed, once. */
export class Card extends Component<Props, { picture?: string; pressing?: boolean }> {
  override state: { picture?: string; pressing?: boolean } = {}

  override componentDidMount(): void {
    const { chat, line, payload } = this.props
    const { card } = payload
    if (card && 'image' in card && card.image && line.thread && line.message) {
      addressOf(chat, line.thread.id, line.message.seq).then(({ thumbnail_url }) => this.setState({ picture: thumbnail_url ?? '' }), () => 0)
    }
  }

  private readonly press = async (at: number): Promise<void> => {
    const { chat, line } = this.props
    this.setState({ pressing: true })
    try {
      await tap(chat.client, line.thread!.id, line.message!.seq, at)
    } catch (why) {
      chat.say((why as Refused).message || t('widget_more.card.unsent'))
      this.setState({ pressing: false })
    }
  }

  /** The place of the button she has pressed. */
  private get pressed(): number | undefined {
    const { thread, message } = this.props.line
    for (const { payload } of thread?.messages ?? []) {
      if (payload?.is === 'tap' && payload.conversation_id === thread?.id && payload.seq === message?.seq) return payload.button
    }
    return undefined
  }

  private button({ text, url }: CardButton, at: number) {
    const { thread } = this.props.line
    const { pressed } = this
    const opens = page(url)
    if (url) return opens ? <a key={at} class="act" href={opens} {...LINK}>{text} ↗</a> : null
    const over = pressed !== undefined || this.state.pressing || thread?.head?.state === 'closed'
    return <button key={at} class={pressed === at ? 'act on' : 'act'} disabled={over} aria-pressed={pressed === at} onClick={() => void this.press(at)}>{text}</button>
  }

  override render() {
    const { card, buttons = [], text } = this.props.payload
    const title = card?.is === 'order' ? card.number : card?.title
    const href = card && 'url' in card ? page(card.url) : undefined
    const elsewhere = card && 'image_url' in card ? page(card.image_url) : undefined
    return (
      <div class="card">
        {text && <p class="said">{text}</p>}
        {card && (
          <div class="shown">
            {this.state.picture && <img src={this.state.picture} alt="" />}
            <div>
              <b>{href ? <a href={href} {...LINK}>{title}</a> : title}</b>
              {card.is === 'product' && card.price && <p class="price">{card.price}</p>}
              {card.is === 'link' && card.text && <p>{card.text}</p>}
              {card.is === 'order' && card.state && <p>{card.state}</p>}
              {card.is === 'order' && card.items?.map((item, at) => <p key={at} class="item"><span>{item.title}</span> × {item.count ?? 1}</p>)}
              {card.is === 'order' && card.total && <p class="price">{card.total}</p>}
              {card.is === 'place' && card.address && <p>{card.address}</p>}
              {card.is === 'place' && <p>{card.latitude.toFixed(6)}, {card.longitude.toFixed(6)}</p>}
              {card.is === 'person' && <p><a href={`tel:${card.phone.replace(/[^\d+,;#*]/g, '')}`}>{card.phone}</a></p>}
              {elsewhere && <a href={elsewhere} {...LINK}>{t('widget_more.card.picture')}</a>}
            </div>
          </div>
        )}
        {buttons.map((button, at) => this.button(button, at))}
      </div>
    )
  }
}
