import './consent.css'
import './place.css'
import { type Consent, consent, type Consents, consents, type Refused, withdrawConsent } from '@kezhan/client'
import { Component, createRef, h } from 'preact'
import type { Chat } from '../chat'
import { dayOf } from '../thread/time'
import { t } from '../words'

let known: Consents | null = null
/** Messages that were refused when she was asked last. */
let refused = 0

/** Whether she is asked before she writes. */
export const due = (): boolean => !!known?.due

const failed = (chat: Chat): string[] => chat.client.outbox.entries.filter(({ state }) => state === 'failed').map(({ client_id }) => client_id)

async function look(chat: Chat): Promise<void> {
  if (chat.client.session) hear(chat, await consents(chat.client).catch(() => known))
}

/** What waited for her consent goes out with it. */
function hear(chat: Chat, told: Consents | null): void {
  const asked = due()
  known = told
  if (asked && !due()) failed(chat).forEach((id) => chat.client.retrySend(id))
  chat.changed()
}

/** Called once, when this part is here: whoever comes back, or is refused, may be asked something new. */
export function begin(chat: Chat): void {
  chat.client.on('session', () => void look(chat))
  chat.client.on('outbox', () => {
    const { length } = failed(chat)
    if (length > refused) void look(chat)
    refused = length
  })
  refused = failed(chat).length
  void look(chat)
}

interface State {
  /** She has opened it herself. */
  open: boolean
  chosen: string[]
  sending: boolean
  fault: string
}

/** Above the field: what she is asked before she writes; else the way to what she has consented to. */
export class Consenting extends Component<{ chat: Chat }, State> {
  override state: State = { open: false, chosen: [], sending: false, fault: '' }
  private readonly card = createRef<HTMLElement>()

  private async act(what: () => Promise<Consents>): Promise<void> {
    const { chat } = this.props
    if (this.state.sending) return
    this.setState({ sending: true, fault: '' })
    try {
      const told = await what()
      this.setState({ open: this.state.open && !due(), chosen: [] })
      hear(chat, told)
    } catch (why) {
      this.setState({ fault: (why as Refused).message || t('widget_more.place.unsent') })
      await look(chat)
    }
    this.setState({ sending: false })
    this.card.current?.focus()
  }

  private readonly agree = (event: Event): void => {
    event.preventDefault()
    const read = this.asked().filter(({ text_id }) => this.chose(text_id))
    if (read.length) void this.act(() => consent(this.props.chat.client, read))
  }

  private asked(): Consent[] {
    return known!.items.filter(({ given_at }) => !given_at)
  }

  /** A single text is chosen by the button alone. */
  private chose(id: string): boolean {
    return this.asked().length === 1 || this.state.chosen.includes(id)
  }

  private readonly choose = (id: string, on: boolean): void => {
    const others = this.state.chosen.filter((other) => other !== id)
    this.setState({ chosen: on ? [...others, id] : others })
  }

  private readonly shut = (open: boolean): void => {
    this.setState({ open, fault: '' })
  }

  private item(one: Consent, single: boolean) {
    const title = one.title + (one.required || single ? '' : t('widget_more.consent.optional'))
    return (
      <li key={one.text_id}>
        {one.given_at ? (
          <p class="given">
            <span>{title}<br /><span class="meta">{t('widget_more.consent.given', { day: dayOf(Date.parse(one.given_at)) })}</span></span>
            <button type="button" class="text" disabled={this.state.sending} onClick={() => this.act(() => withdrawConsent(this.props.chat.client, one.text_id))}>
              {t('widget_more.consent.withdraw')}
            </button>
          </p>
        ) : single ? (
          <strong>{title}</strong>
        ) : (
          <label>
            <input type="checkbox" checked={this.chose(one.text_id)} onChange={({ currentTarget }) => this.choose(one.text_id, currentTarget.checked)} />
            {title}
          </label>
        )}
        <p class="body">{one.body}</p>
      </li>
    )
  }

  override render() {
    const { open, sending, fault } = this.state
    if (!known?.items.length || this.props.chat.client.latest?.head?.blocked) return null
    if (!open && !due())
      return (
        <p class="consenting">
          <button type="button" class="text" onClick={() => this.shut(true)}>{t('widget_more.consent.open')}</button>
        </p>
      )
    const asked = this.asked()
    const ready = asked.some(({ text_id }) => this.chose(text_id)) && asked.every(({ required, text_id }) => !required || this.chose(text_id))
    return (
      <section class="consents" ref={this.card} tabIndex={-1} aria-label={t('widget_more.consent.open')}>
        <h2>{due() ? t('widget_more.consent.first') : t('widget_more.consent.open')}</h2>
        <form onSubmit={this.agree}>
          <ul>{(due() && !open ? asked : known.items).map((one) => this.item(one, asked.length === 1))}</ul>
          {fault && <p class="fault" role="alert">{fault}</p>}
          <div class="ways">
            {!!asked.length && <button type="submit" class="way main" disabled={sending || !ready}>{due() ? t('widget_more.consent.agree') : t('widget_more.consent.give')}</button>}
            {!due() && <button type="button" class="way" onClick={() => this.shut(false)}>{t('widget_more.consent.shut')}</button>}
          </div>
        </form>
      </section>
    )
  }
}
