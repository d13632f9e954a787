/** What crosses the wire between a customer's client and the server. Times are RFC 3339 in UTC, ids are UUIDs as text. */

export interface Author {
  kind: 'visitor' | 'agent' | 'system'
  id?: string | null
  name?: string
}

export interface FilePayload {
  is: 'file'
  file_id: string
  name: string
  media_type: string
  size: number
  width?: number | null
  height?: number | null
  thumbnail?: boolean
}

export interface EventPayload {
  is: 'event'
  event: string
  actor?: string
  target?: string
}

export interface UnsupportedPayload {
  is: 'unsupported'
  original_kind: string
  summary?: string
}

export interface TemplatePayload {
  is: 'template'
  name: string
  language: string
}

/** The message asks how it was; the survey is read and answered by `invite_id`. */
export interface SurveyPayload {
  is: 'survey'
  invite_id: string
}

export interface ProductCard {
  is: 'product'
  title: string
  price?: string
  url?: string
  /** An uploaded picture: its address is that of the message's file. */
  image?: string | null
  /** A picture elsewhere, to be shown as a link. */
  image_url?: string
}

export interface OrderCard {
  is: 'order'
  number: string
  state?: string
  items?: { title: string; count?: number }[]
  total?: string
  url?: string
}

/** A page of a WeChat mini-program, with its query. */
export interface MiniPage {
  app_id: string
  path: string
}

/** `page`: what a channel of WeChat opens rather than `url`. */
export interface LinkCard {
  is: 'link'
  title: string
  url: string
  text?: string
  page?: MiniPage | null
  image?: string | null
  image_url?: string
}

/** Degrees, north and east positive. */
export interface PlaceCard {
  is: 'place'
  title: string
  address?: string
  latitude: number
  longitude: number
}

export interface PersonCard {
  is: 'person'
  title: string
  phone: string
}

export type Card = ProductCard | OrderCard | LinkCard | PlaceCard | PersonCard

/** With `url` it opens that page; without, it is answered by `tap`. */
export interface CardButton {
  text: string
  url?: string
}

/** A card, buttons, or both, below `text`; the message's body says all of it in plain words. */
export interface CardPayload {
  is: 'card'
  text?: string
  card?: Card | null
  buttons?: CardButton[]
}

/** The message is the text of a button pressed: the one at `button` below the message `seq`. */
export interface TapPayload {
  is: 'tap'
  conversation_id: string
  seq: number
  button: number
}

export type Payload = FilePayload | EventPayload | UnsupportedPayload | TemplatePayload | SurveyPayload | CardPayload | TapPayload

/** Each party has one at the most below a message. */
export interface Reaction {
  party: 'visitor' | 'agent'
  party_id: string
  emoji: string
  name?: string
}

/** One message. A recalled one keeps its place (`seq`) and nothing else. */
export interface Message {
  seq: number
  rev: number
  kind: 'text' | 'image' | 'file' | 'event' | 'unsupported'
  author: Author
  at: string
  body?: string
  payload?: Payload | null
  quote_seq?: number | null
  client_id?: string | null
  edited_at?: string | null
  recalled_at?: string | null
  reactions?: Reaction[]
}

/** How far a party has received and read: every `seq` up to these. */
export interface Mark {
  party: 'visitor' | 'agent'
  party_id: string
  delivered_seq: number
  read_seq: number
  rev: number
}

export interface Head {
  id: string
  state: 'queued' | 'assigned' | 'closed' | 'unknown'
  agent: Author | null
  opened_at: string
  closed_at: string | null
  /** Nobody will answer in it, whatever is written. */
  blocked?: boolean
}

export interface Snapshot {
  head: Head
  rev: number
  messages: Message[]
  marks: Mark[]
}

export interface Changed {
  conversation_id: string
  from_rev: number
  rev: number
  messages?: Message[]
  marks?: Mark[]
  head?: Head | null
}

/** How the chat of a site looks and speaks. Empty texts leave the words to the client. */
export interface SiteConfig {
  key: string
  title: string
  accent: string
  /** Where the workspace's picture is, on the installation; null: it has none. */
  logo: string | null
  greeting: string
  placeholder: string
  offline_text: string
  /** For those who have left a message instead of waiting. */
  message_text: string
  languages: string[]
  position: 'left' | 'right'
  launcher: boolean
}

export interface Page {
  url: string
  title?: string
  referrer?: string
}

export interface Session {
  token: string
  visitor: { id: string; verified: boolean; name: string }
  site: SiteConfig
  conversation: Head | null
  agents_online: boolean
  /** `due`: messages are refused until she has consented to what `consents` tells; `none`: nothing is asked. */
  consent?: 'none' | 'open' | 'due'
}

export interface FileLinked {
  id: string
  name: string
  media_type: string
  size: number
  width?: number | null
  height?: number | null
  thumbnail?: boolean
  url: string
  thumbnail_url: string | null
  expires_at: string
}

/** What a message may be made of when it is sent. */
export interface Draft {
  kind?: 'text' | 'image' | 'file'
  body?: string
  file_id?: string
  quote_seq?: number
}

export interface Typing {
  conversation_id: string
  author: Author
  active?: boolean
}

/** An invitation to talk, to be shown for `seconds`; without `agent_name` it comes of a rule. */
export interface Invite {
  id: string
  text: string
  agent_name?: string
  seconds: number
}

/** What invites this customer once it is met, in order. `pages`: see `OfferedRule` in the contract. */
export interface InviteRule {
  id: string
  pages: string[]
  dwell_s: number
  min_pages: number
}

export interface Offer {
  invite: Invite | null
  rules: InviteRule[]
  /** Seen in this visit so far. */
  pages: number
}

/** How a customer who waits stands; `none`: she waits no more. `wait`: seconds, from and to. */
export interface Place {
  conversation_id: string
  state: 'waiting' | 'offered' | 'closed' | 'message' | 'none'
  place?: number | null
  wait?: [number, number] | null
  /** Longer than most would stay. */
  long?: boolean
  opens_at?: string | null
}

/** What somebody who comes now may expect. */
export interface Outlook {
  open: boolean
  opens_at?: string | null
  waiting: number
  wait?: [number, number] | null
}

/** Where she is to be called or written to. */
export interface Callback {
  phone?: string
  email?: string
  note?: string
}

/** An answer to one question: `number` for csat, resolved (1 and 0) and nps; `chosen`: places of options, from 0. */
export interface SurveyReply {
  key: string
  number?: number | null
  text?: string
  chosen?: number[]
}

export interface SurveyAnswer {
  replies: SurveyReply[]
  comment?: string
}

export interface SurveyQuestion {
  key: string
  kind: 'csat' | 'resolved' | 'nps' | 'text' | 'one' | 'many'
  text: string
  options: string[]
}

/** What a customer is asked when she has been served. `over`: her answer can no longer be changed. */
export interface Survey {
  id: string
  look: 'stars' | 'faces'
  questions: SurveyQuestion[]
  comment: boolean
  thanks: string
  answer: SurveyAnswer | null
  over: boolean
}

export interface Refusal {
  code: string
  title: string
  ref?: string
}

export type State = 'idle' | 'connecting' | 'checking' | 'online' | 'offline' | 'refused'

/** `picture`: itself, as an address of kind `data:`; empty where there is none. */
export interface LinkPreview {
  seq: number
  address: string
  title: string
  about: string
  site: string
  picture: string
}

/** `pending`: something is being fetched; ask again in a moment. */
export interface LinkCards {
  enabled: boolean
  pending: boolean
  items: LinkPreview[]
}

/** A text she is asked to consent to, in her language. `given_at`: when she has consented to this version. */
export interface Consent {
  text_id: string
  version: number
  required: boolean
  title: string
  body: string
  language: 'zh-CN' | 'en'
  given_at: string | null
}

/** `due`: something required is missing, and her messages are refused. */
export interface Consents {
  items: Consent[]
  due: boolean
}

/** What a suspicious visitor's browser is to work out before a session is opened. */
export interface Puzzle {
  token: string
  bits: number
}
