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

export type Payload = FilePayload | EventPayload | UnsupportedPayload

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

export interface Refusal {
  code: string
  title: string
  ref?: string
}

export type State = 'idle' | 'connecting' | 'online' | 'offline' | 'refused'
