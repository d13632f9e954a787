import type { CardButton, LinkCard, OrderCard, PersonCard, PlaceCard, ProductCard } from '@kezhan/api'

export type Card = ProductCard | OrderCard | LinkCard | PlaceCard | PersonCard

export type Kind = 'none' | Card['is']

/** What stands below a text. */
export interface Content {
  card: Card | null
  buttons: CardButton[]
}

/** What a button does when it is pressed: says its text, opens a page, shares her number or where she is. */
export type Does = 'says' | 'opens' | 'phone' | 'place'

/** A card being written: what each kind has, side by side, so that another kind loses nothing. */
export interface Draft {
  kind: Kind
  title: string
  price: string
  url: string
  text: string
  /** Of a WeChat mini-program's page: whose it is, and which. */
  app: string
  path: string
  number: string
  state: string
  total: string
  address: string
  /** Degrees, as they are typed. */
  latitude: string
  longitude: string
  phone: string
  items: { title: string; count: number }[]
  image: string | null
  /** Where the picture can be seen while this is open. */
  picture: string
  buttons: { text: string; url: string; does: Does }[]
}

export const MOST_BUTTONS = 10
export const DOES: readonly Does[] = ['says', 'opens', 'phone', 'place']
export const MOST_ITEMS = 20
export const KINDS: readonly Kind[] = ['none', 'product', 'order', 'link', 'place', 'person']
/** Cards no platform draws with buttons. */
const ALONE = new Set<Kind>(['place', 'person'])
export const alone = (kind: Kind): boolean => ALONE.has(kind)

export const blank = (kind: Kind = 'none'): Draft => ({
  kind, title: '', price: '', url: '', text: '', app: '', path: '', number: '', state: '', total: '', address: '', latitude: '', longitude: '', phone: '', items: [], image: null, picture: '', buttons: [],
})

/** The address where it leads to a page, and nowhere else. */
export function webAddress(address: string | undefined): string | null {
  try {
    const { protocol, username } = new URL(address ?? '')
    return (protocol === 'https:' || protocol === 'http:') && !username ? (address ?? null) : null
  } catch {
    return null
  }
}

export function draftOf(content: Partial<Content> | null | undefined, picture = ''): Draft {
  const { card = null, buttons = [] } = content ?? {}
  const known = card ? Object.fromEntries(Object.entries(card).filter(([name, value]) => name !== 'is' && value !== undefined)) : {}
  const items = card?.is === 'order' ? (card.items ?? []).map(({ title, count = 1 }) => ({ title, count })) : []
  return {
    ...blank(card?.is ?? 'none'),
    ...known,
    ...(card?.is === 'place' && { latitude: String(card.latitude), longitude: String(card.longitude) }),
    ...(card?.is === 'link' && card.page && { app: card.page.app_id, path: card.page.path }),
    items,
    picture,
    buttons: buttons.map(({ text, url = '', asks = '' }) => ({ text, url, does: url ? 'opens' : asks || 'says' })),
  }
}

/** Degrees within `most` of both sides of zero; NaN for anything else. */
function degrees(text: string, most: number): number {
  const value = text.trim() ? Number(text) : NaN
  return Math.abs(value) <= most ? value : NaN
}

/** A pair as maps give it to be copied, in whichever order, where the text is one. */
export function pairOf(text: string): [latitude: string, longitude: string] | null {
  const [, one, two] = /^\s*(-?\d+(?:\.\d+)?)\s*[,，\s]\s*(-?\d+(?:\.\d+)?)\s*$/.exec(text) ?? []
  if (!one || !two) return null
  return Math.abs(Number(one)) > 90 ? [two, one] : [one, two]
}

function cardOf(draft: Draft): Card | null {
  const { kind, title, price, url, text, number, state, total, items, image, address, phone } = draft
  if (kind === 'place') return { is: kind, title, address, latitude: degrees(draft.latitude, 90), longitude: degrees(draft.longitude, 180) } satisfies PlaceCard
  if (kind === 'person') return { is: kind, title, phone } satisfies PersonCard
  if (kind === 'product') return { is: kind, title, price, url, image } satisfies ProductCard
  if (kind === 'order') return { is: kind, number, state, total, url, items: items.filter((item) => item.title.trim()) } satisfies OrderCard
  const page = draft.path.trim() ? { app_id: draft.app, path: draft.path } : null
  return kind === 'link' ? ({ is: kind, title, url, text, image, page } satisfies LinkCard) : null
}

export const contentOf = (draft: Draft): Content => ({
  card: cardOf(draft),
  buttons: alone(draft.kind) ? [] : draft.buttons.map(buttonOf),
})

function buttonOf({ text, url, does }: Draft['buttons'][number]): CardButton {
  if (does === 'opens') return { text, url }
  return does === 'says' ? { text } : { text, asks: does }
}

/** Three digits at least, an extension at the end. */
const isPhone = (text: string): boolean => /^(?=(?:\D*\d){3})\+?[\d ().-]*(?:[,;#x*]\d+)?$/.test(text.trim())

const isApp = (text: string): boolean => /^wx[0-9A-Za-z]{16}$/.test(text.trim())

/** What is not right yet: the field's name → the key of a word. `words`: the text above the card. */
export function faultsOf(draft: Draft, words: string): Record<string, string> {
  const faults: Record<string, string> = {}
  const { kind } = draft
  if (kind !== 'none' && kind !== 'order' && !draft.title.trim()) faults.title = 'cards.empty'
  if (kind === 'order' && !draft.number.trim()) faults.number = 'cards.empty'
  if (kind === 'link' && !draft.url.trim()) faults.url = 'cards.no_address'
  if (kind === 'place' && Number.isNaN(degrees(draft.latitude, 90))) faults.latitude = 'desk_message.card.badLatitude'
  if (kind === 'place' && Number.isNaN(degrees(draft.longitude, 180))) faults.longitude = 'desk_message.card.badLongitude'
  if (kind === 'person' && !isPhone(draft.phone)) faults.phone = 'cards.bad_phone'
  if (alone(kind)) return faults
  if (kind !== 'none' && draft.url.trim() && !webAddress(draft.url.trim())) faults.url = 'cards.bad_address'
  if (kind === 'link' && draft.path.trim() && !isApp(draft.app)) faults.app = 'cards.bad_app'
  if (kind === 'link' && /\s/.test(draft.path.trim())) faults.path = 'cards.bad_path'
  draft.buttons.forEach(({ text, url, does }, at) => {
    if (!text.trim()) faults[`button${at}`] = 'cards.empty'
    else if (does === 'opens' && !webAddress(url.trim())) faults[`button${at}`] = 'cards.bad_address'
    else if (draft.buttons.some((other, place) => place < at && other.text.trim() === text.trim())) faults[`button${at}`] = 'cards.same_buttons'
  })
  if (kind === 'none' && !words.trim()) faults.words = 'conversations.empty'
  if (kind === 'none' && !draft.buttons.length) faults.kind = 'desk_message.card.nothing'
  return faults
}
