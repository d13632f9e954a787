import type { AlertRule, AlertView, Diagnosis, Monitor, MonitorSeat, TeamLine } from '@kezhan/api'

export const AT = '2026-11-22T08:00:00.000Z'
export const ago = (seconds: number): string => new Date(Date.parse(AT) - seconds * 1000).toISOString()

const now = { waiting: 0, offered: 0, messages: 0, closed: 0, oldest: null, serving: 0 }
const today = {
  entered: 0, accepted: 0, abandoned: 0, short: 0, messages: 0, missed: 0, declined: 0, counted: 0,
  service_level: null, abandonment: null, average_wait: null, median_wait: null, p90_wait: null,
}
const counts = { free: 0, full: 0, busy: 0, away: 0, lost: 0, off_duty: 0, offline: 0, live_used: 0, live_units: 0 }

export const team = (id: string, name: string, more: Partial<TeamLine> = {}): TeamLine => ({
  id, name, everybody: name === '', open: true, now, today, seats: counts, alert: '', ...more,
})

export const seat = (name: string, more: Partial<MonitorSeat> = {}): MonitorSeat => ({
  membership_id: name, name, standing: 'free', since: ago(60), reason: '', auto: '', live_used: 0, live_units: 5,
  deferred_used: 0, deferred_units: 20, team_ids: [], ...more,
})

export const alert = (id: string, more: Partial<AlertView> = {}): AlertView => ({
  id, rule_id: 'r1', kind: 'longest_wait', team_id: null, team: '', account_id: null, account: '', threshold: 60, level: 'warning', value: 75,
  began_at: ago(30), ended_at: null, reason: '', ...more,
})

export const rule = (id: string, more: Partial<AlertRule> = {}): AlertRule => ({
  id, kind: 'waiting', team_id: null, team: '', threshold: 5, least: 10, level: 'warning', active: true, on: false, ...more,
})

export const monitor = (more: Partial<Monitor> = {}): Monitor => ({
  at: AT, since: ago(3600), time_zone: 'Asia/Shanghai', target_seconds: 20, short_seconds: 5, automatic: true,
  teams: [team('t1', '售前'), team('w1', '')], channels: [], now, today, counts, seats: [], alerts: [], ...more,
})

export const waiting = (many: number, seconds: number): Monitor['now'] => ({ ...now, waiting: many, oldest: ago(seconds) })
export const day = (more: Partial<Monitor['today']>): Monitor['today'] => ({ ...today, ...more })
export const seats = (more: Partial<Monitor['counts']>): Monitor['counts'] => ({ ...counts, ...more })

export const diagnosis = (more: Partial<Diagnosis> = {}): Diagnosis => ({
  at: AT, team_id: 't1', team: '售前', everybody: false, automatic: true, open: true, changes_at: null, schedule: '', max_waiting: null,
  max_open: null, serving: 0, waiting: 0, cause: null, causes: {}, waits: [], seats: [], rules: [], passed: [], teams: { t1: '售前', t2: '售后' }, ...more,
})
