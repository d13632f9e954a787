import './invites.css'
import { answer, type Invite, type InviteRule, met, type Offer, type Page } from '@kezhan/client'
import type { Chat } from '../chat'
import { initial } from '../names'
import { learn, t } from '../words'

const AGAIN_MS = 1_000
const FIT_MS = 60

/** Whether `url` contains one of the patterns, `*` standing for anything; the server asks the same (`proactive/matching.py`). */
export function onPage(patterns: string[], url: string): boolean {
  const read = plain(url)
  return !patterns.length || patterns.some((pattern) => {
    let at = 0
    return plain(pattern.trim()).split('*').every((part) => {
      const found = read.indexOf(part, at)
      at = found + part.length
      return found >= 0
    })
  })
}

function plain(url: string): string {
  try {
    return decodeURIComponent(url).toLowerCase()
  } catch {
    return url.toLowerCase()
  }
}

let card: HTMLElement | undefined
/** She takes the bubble for an answer. */
let opened: (() => void) | undefined
let over: ReturnType<typeof setTimeout> | undefined

/** The conversation goes on or will: nobody needs to be invited. */
function talking(chat: Chat): boolean {
  const state = chat.client.latest?.head?.state
  return !!state && state !== 'closed'
}

function part(tag: string, name: string, text: string): HTMLElement {
  const made = document.createElement(tag)
  made.className = name
  made.textContent = text
  return made
}

/** Where the card lies on the page: above the bubble, on a phone from side to side and never over more than a third. */
function place(chat: Chat, height: string): string {
  const side = chat.client.session!.site.position
  return `position:fixed;border:0;z-index:2147483647;display:block;border-radius:${TOKEN.radius_card};box-shadow:${TOKEN.shadow};` +
    `${side}:${TOKEN.bubble_offset};bottom:calc(env(safe-area-inset-bottom,0px) + ${TOKEN.bubble_offset} + ${TOKEN.bubble} + ${TOKEN.grid_3});` +
    `width:${TOKEN.side};max-width:calc(100% - 2*${TOKEN.bubble_offset});max-height:33%;height:${height}`
}

function shut(chat: Chat, open = false): void {
  clearTimeout(over)
  card?.remove()
  card = undefined
  document.body.hidden = false
  if (!chat.open || open) chat.tell?.({ kezhan: 'close', open })
}

async function reply(chat: Chat, invite: Invite, said: 'accepted' | 'declined'): Promise<void> {
  // What she has been asked stands above her answer, as the greeting.
  if (said === 'accepted') chat.client.session!.site.greeting = invite.text
  shut(chat, said === 'accepted')
  chat.changed()
  for (let left = 3; left > 0; left -= 1) {
    try {
      return await answer(chat.client, invite, said)
    } catch (why) {
      // What is refused has been answered before, or is over; what was lost on the way is said again.
      if ((why as { status?: number }).status) return
      await new Promise((go) => setTimeout(go, AGAIN_MS))
    }
  }
}

/** Shows the invitation beside the bubble, or over the conversation where that is open. */
export async function show(chat: Chat, invite: Invite): Promise<void> {
  await learn('widget_more')
  if (card || talking(chat) || !chat.client.session) return
  const name = invite.agent_name || chat.client.session.site.title
  card = part('aside', chat.open ? 'invite within' : 'invite', '')
  card.setAttribute('role', 'dialog')
  card.setAttribute('aria-label', t('widget_more.invite.from', { name }))
  const words = part('p', 'words', invite.text)
  words.setAttribute('role', 'status')
  const face = part('span', 'face', initial(name))
  face.setAttribute('aria-hidden', 'true')
  const top = part('div', 'from', '')
  top.append(face, part('strong', 'name', name))
  const act = (label: string, look: string, said: 'accepted' | 'declined'): HTMLElement => {
    const button = part('button', look, label)
    button.onclick = () => void reply(chat, invite, said)
    return button
  }
  const acts = part('div', 'answers', '')
  acts.append(act(t('widget_more.invite.accept'), 'yes', 'accepted'), act(t('widget_more.invite.later'), 'no', 'declined'))
  card.append(top, words, acts)
  card.onkeydown = (event) => {
    if (event.key !== 'Escape') return
    event.stopPropagation()
    void reply(chat, invite, 'declined')
  }
  opened = () => void reply(chat, invite, 'accepted')
  document.documentElement.append(card)
  over = setTimeout(() => shut(chat), invite.seconds * 1000)
  if (chat.open) return
  // What else stands in the frame is not for the card's few lines.
  document.body.hidden = true
  chat.tell?.({ kezhan: 'close', card: place(chat, '33%;opacity:0') })
  // How high it is shows once the frame has its width.
  setTimeout(() => card && chat.tell?.({ kezhan: 'close', card: place(chat, `${card.offsetHeight}px`) }), FIT_MS)
}

function hearHost(hear: (data: { kezhan: string; open?: boolean; page: Page }) => void): void {
  addEventListener('message', ({ data, source }) => source === parent && data && hear(data))
}

hearHost(({ kezhan, open }) => kezhan === 'open' && open && card && opened?.())

/** Watches for what the rules ask for: the page, the pages seen, the time on it. */
class Watch {
  private timers: ReturnType<typeof setTimeout>[] = []
  private pages: number
  private url: string
  private done = false

  constructor(private readonly chat: Chat, private readonly offer: Offer) {
    this.pages = Math.max(1, offer.pages)
    this.url = chat.client.page.url
    hearHost(({ kezhan, page }) => kezhan === 'page' && this.moved(page.url))
    chat.client.on('thread', () => talking(chat) && this.stop())
    this.wait()
  }

  private moved(url: string): void {
    this.rest()
    if (!url || this.done) return
    if (url !== this.url) this.pages += 1
    this.url = url
    this.wait()
  }

  private wait(): void {
    for (const rule of this.offer.rules) {
      if (this.pages < rule.min_pages || !onPage(rule.pages, this.url)) continue
      this.timers.push(setTimeout(() => void this.ask(rule), rule.dwell_s * 1000))
    }
  }

  /** An invitation on a page that nobody looks at would be over before it is seen. */
  private async ask(rule: InviteRule): Promise<void> {
    if (document.hidden) {
      document.addEventListener('visibilitychange', () => void this.ask(rule), { once: true })
      return
    }
    if (this.done || this.chat.open || card || talking(this.chat) || !onPage(rule.pages, this.url)) return
    const made = await met(this.chat.client, rule.id).catch(() => null)
    if (!made) return
    this.stop()
    await show(this.chat, made)
  }

  private rest(): void {
    this.timers.splice(0).forEach(clearTimeout)
  }

  private stop(): void {
    this.done = true
    this.rest()
  }
}

/** What the server offers on this page, or the invitation that has just come. */
export function begin(chat: Chat, what: Invite | Offer): void {
  if ('text' in what) void show(chat, what)
  else if (what.invite) void show(chat, what.invite)
  else new Watch(chat, what)
}
