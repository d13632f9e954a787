import type { Considered, Decision, Offer, SeatView, Trace, TraceStep } from '@kezhan/api'
import { head, ME } from '../../conversations/tests/fixtures'

// Values for this feature's tests: a whole one each, with the fields a test is about on top.

export function seat(more: Partial<SeatView> = {}): SeatView {
  return {
    membership_id: ME,
    name: '小林',
    state: 'online',
    reason_id: null,
    reason: '',
    auto: '',
    since: new Date(Date.now() - 65_000).toISOString(),
    connected: true,
    on_duty: true,
    live_used: 3,
    live_units: 5,
    deferred_used: 0,
    deferred_units: 20,
    own_room: false,
    team_ids: [],
    skills: {},
    ...more,
  }
}

export function offer(id = 'o1', { seconds = 20, ago = 0, ...more }: Partial<Offer['head']> & { seconds?: number; ago?: number } = {}): Offer {
  const offered = Date.now() - ago
  return {
    head: head({ id, state: 'queued', assignee_id: null, contact_name: '王小明', preview: { seq: 1, kind: 'text', author: 'visitor', text: '请问怎么退货？' }, ...more }),
    offered_at: new Date(offered).toISOString(),
    expires_at: new Date(offered + seconds * 1000).toISOString(),
  }
}

export function looked(name: string, why: Considered['why'] = null, more: Partial<Considered> = {}): Considered {
  return { seat_id: name, name, used: 2, there: 5, ...(why && { why }), ...more }
}

export function decision(considered: Considered[], more: Partial<Decision> = {}): Decision {
  const chosen = considered.find(({ why }) => !why)
  return { rule_id: 'r1', considered, ...(chosen && { seat_id: chosen.seat_id }), ...more }
}

export function step(kind: string, more: Partial<TraceStep> = {}): TraceStep {
  return { at: new Date().toISOString(), kind, member: '', by: '', queue: '', waited_ms: null, rule: '', version: null, reason: '', decision: null, ...more }
}

export function trace(steps: TraceStep[], more: Partial<Trace> = {}): Trace {
  return { conversation_id: 'c1', steps, state: 'none', place: null, now: null, rule: '', opens_at: null, skills: {}, ...more }
}
