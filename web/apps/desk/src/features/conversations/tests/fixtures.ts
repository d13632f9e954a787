import type { Changed, Head, Mark, Message, Snapshot } from '@kezhan/api'
import type { Pending } from '../outbox'

// Values for this feature's tests: a whole one each, with the fields a test is about on top.

export const ME = 'member-1'

export function head(more: Partial<Head> = {}): Head {
  return {
    id: 'c1',
    account_id: 'a1',
    channel: 'webchat',
    identity_id: 'i1',
    contact_id: 'p1',
    contact_name: '',
    contact_number: '483920',
    state: 'assigned',
    assignee_id: ME,
    assignee_name: '小林',
    team_id: null,
    rev: 1,
    last_seq: 1,
    inbound_count: 1,
    preview: { seq: 1, kind: 'text', author: 'visitor', text: '你好' },
    waiting_since: null,
    opened_at: '2026-11-22T08:00:00.000Z',
    active_at: '2026-11-22T08:00:00.000Z',
    closed_at: null,
    ...more,
  }
}

export function message(seq: number, more: Partial<Message> = {}): Message {
  const at = new Date(Date.UTC(2026, 10, 22, 8, 0, seq)).toISOString()
  return { seq, rev: seq, kind: 'text', author: { kind: 'visitor', id: 'i1' }, at, body: `m${seq}`, ...more }
}

export function mark(more: Partial<Mark> = {}): Mark {
  return { party: 'visitor', party_id: 'i1', delivered_seq: 0, read_seq: 0, rev: 1, ...more }
}

export function snapshot(messages: Message[], more: Partial<Snapshot> = {}): Snapshot {
  return { head: head(), rev: messages.at(-1)?.rev ?? 0, messages, marks: [], ...more }
}

export function changed(from_rev: number, rev: number, more: Partial<Changed> = {}): Changed {
  return { type: 'changed', conversation_id: 'c1', from_rev, rev, ...more }
}

export function pending(client_id: string, more: Partial<Pending> = {}): Pending {
  const at = '2026-11-22T08:10:00.000Z'
  return { client_id, conversation_id: 'c1', kind: 'text', body: client_id, at, state: 'sending', ...more }
}
