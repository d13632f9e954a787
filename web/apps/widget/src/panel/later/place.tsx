import './place.css'
import { callBack, leaveQueue, type Outlook, outlook, type Place as Standing, place, type Refused, waitAgain } from '@kezhan/client'
import { Component, createRef, Fragment, h } from 'preact'
import type { Chat } from '../chat'
import { Icon } from '../thread/Icon'
import { part } from '../thread/parts'
import { t } from '../words'
import { takeFiles } from './dropped'
import { keepFocus } from './focus'
import { Reach } from './Reach'
import { opening, prospect, standing } from './wait'

export { cards } from './links'

const FRESH_MS = 30_000
/** A reader aloud is told no more often how she stands. */
const ALOUD_MS = 15_000
const CLOCK = 'M12 8v4l3 2M12 4a8 8 0 1 0 .1 0'
const LETTER = 'M4 6h16v12H4zM4 7l8 6 8-6'

type Consenting = typeof import('./consent')

let consenting: Consenting | null = null
let now: Standing | null = null
let ahead: Outlook | null = null
let asked = 0
/** It was she who left the queue, so she may come back to it. */
let left = false
/** Where she has asked to be reached. */
let reached = ''

const talking = (chat: Chat): boolean => ['queued', 'assigned'].includes(chat.client.latest?.head?.state ?? '')

async function askPlace(chat: Chat): Promise<void> {
  if (chat.client.latest?.head?.state === 'queued') hear(chat, await place(chat.client).catch(() => now))
}

function hear(chat: Chat, told: Standing | null): void {
  now = told && told.state !== 'none' ? told : null
  if (now?.state === 'waiting') left = false
  chat.changed()
}

function askAhead(chat: Chat): void {
  if (!chat.watched || talking(chat) || !chat.client.session || Date.now() - asked < FRESH_MS) return
  asked = Date.now()
  outlook(chat.client).then(
    (found) => {
      ahead = found
      chat.changed()
    },
    () => undefined,
  )
}

/** Whether she is asked to consent before she writes. */
export const asking = (): boolean => !!consenting?.due()

/** Brings what she is asked to consent to; it looks by itself from then on. */
async function askConsent(chat: Chat): Promise<void> {
  const refused = chat.client.outbox.entries.some(({ state }) => state === 'failed')
  if (consenting || ((chat.client.session?.consent ?? 'none') === 'none' && !refused)) return
  consenting = await import('./consent').catch(() => null)
  consenting?.begin(chat)
}

/** Called once, when this part is here. */
export function begin(chat: Chat): void {
  const { client } = chat
  takeFiles(chat)
  addEventListener('keydown', (event) => event.key === 'Tab' && chat.full && keepFocus(event, document.body))
  client.on('place', (told) => hear(chat, told))
  client.on('state', (state) => void (state === 'online' && askPlace(chat)))
  client.on('session', () => {
    asked = 0
    void askConsent(chat)
  })
  client.on('outbox', () => void askConsent(chat))
  client.on('thread', ({ id, head }) => {
    if (now?.conversation_id === id && head && head.state !== 'queued') hear(chat, null)
  })
  setInterval(() => askAhead(chat), FRESH_MS)
  void askPlace(chat)
  void askConsent(chat)
  if (chat.offered) void part('menu', chat)
  chat.changed()
}

/** Outside business hours, with nobody of us in her conversation: whoever may be at a desk is not there for her. */
export const shut = (chat: Chat): boolean => (talking(chat) ? now?.state === 'closed' : ahead?.open === false)

/** In the head of the panel: what she may expect, who waits or has yet to write. Empty where nothing is known. */
export function outlookOf(chat: Chat): string {
  const { latest, agentsOnline } = chat.client
  askAhead(chat)
  if (latest?.head?.blocked) return t('widget_more.place.unheard')
  if (now?.state === 'closed') return t('widget_more.place.shut')
  if (latest?.head?.state === 'queued') return agentsOnline ? t('widget_more.place.queued') : ''
  return !ahead || talking(chat) ? '' : prospect(ahead, agentsOnline)
}

/** Under the greeting: that nobody is there, and when we are back; nothing while somebody is. */
export function Absence({ chat: { client } }: { chat: Chat }) {
  if (client.latest?.head?.blocked) return null
  const open = ahead ? ahead.open : true
  if (open && client.agentsOnline) return null
  const at = open ? '' : opening(ahead!.opens_at)
  return (
    <p class="event">
      {client.session?.site.offline_text || t('widget_more.place.offline')}
      {at && t('widget_more.place.opens', { at })}
    </p>
  )
}

interface State {
  /** She has said that she stays, however long it takes. */
  staying: boolean
  form: boolean
  aloud: string
}

/** Above the field while she waits: where she stands, and what else she can do. */
export class Place extends Component<{ chat: Chat }, State> {
  override state: State = { staying: false, form: false, aloud: '' }
  private readonly card = createRef<HTMLElement>()
  private saidAt = 0
  private due: ReturnType<typeof setTimeout> | undefined
  private line = ''

  override componentDidUpdate(): void {
    if (this.line === this.state.aloud || this.due) return
    const say = (): void => {
      this.due = undefined
      this.saidAt = Date.now()
      this.setState({ aloud: this.line })
    }
    this.due = setTimeout(say, Math.max(0, this.saidAt + ALOUD_MS - Date.now()))
  }

  override componentDidMount(): void {
    this.componentDidUpdate()
  }

  private async act(what: Promise<void>, done: () => void): Promise<void> {
    const { chat } = this.props
    try {
      await what
      done()
      this.card.current?.focus()
    } catch (why) {
      chat.say((why as Refused).message || t('widget_more.place.unsent'))
    }
    await askPlace(chat)
  }

  private readonly leave = (): void => {
    void this.act(leaveQueue(this.props.chat.client), () => (left = true))
  }

  private readonly again = (): void => {
    void this.act(waitAgain(this.props.chat.client), () => (reached = ''))
  }

  private readonly shutForm = (): void => {
    this.setState({ form: false })
    this.card.current?.focus()
  }

  private readonly reach = async (where: string, note: string): Promise<void> => {
    const { chat } = this.props
    await callBack(chat.client, where.includes('@') ? { email: where, note } : { phone: where, note })
    left = now?.state === 'waiting' || left
    reached = where
    this.shutForm()
    await askPlace(chat)
  }

  private ways(there: boolean, long: boolean) {
    const { state } = now!
    const waits = state === 'waiting'
    const way = (label: string, act: () => void) => (
      <button type="button" class="way" onClick={act}>{label}</button>
    )
    return (
      <div class="ways">
        {waits && there && long && way(t('widget_more.place.asMessage'), this.leave)}
        {state !== 'offered' && (long || !there || !waits) && !reached && way(t('widget_more.place.callback'), () => this.setState({ form: true }))}
        {waits && there && long && way(t('widget_more.place.stay'), () => this.setState({ staying: true }))}
        {state === 'message' && left && there && way(t('widget_more.place.again'), this.again)}
      </div>
    )
  }

  override render() {
    const { chat } = this.props
    const { client } = chat
    if (client.latest?.head?.blocked) return <p class="place unheard" role="status">{t('widget_more.place.blocked')}</p>
    const { form, staying, aloud } = this.state
    const there = client.agentsOnline
    const words = reached && now?.state !== 'waiting' ? t('widget_more.place.asked', { reach: reached }) : ''
    this.line = now ? words || standing(now, there, client.session?.site.message_text ?? '') : ''
    const waits = now?.state === 'waiting' && there
    const long = !!now?.long && !staying
    return (
      <>
        <span class="aside" role="status">{aloud}</span>
        {consenting && <consenting.Consenting chat={chat} />}
        {now && (
          <section class="place" ref={this.card} tabIndex={-1} aria-label={t('widget_more.place.label')}>
            <div class="stands">
              <Icon path={waits || now.state === 'offered' ? CLOCK : LETTER} />
              <p>{this.line}</p>
              {waits && !long && <button type="button" class="text" onClick={this.leave}>{t('widget_more.place.leave')}</button>}
            </div>
            {waits && long && !form && <p class="meta">{t('widget_more.place.long')}</p>}
            {form ? <Reach send={this.reach} shut={this.shutForm} /> : this.ways(there, long)}
          </section>
        )}
      </>
    )
  }
}
