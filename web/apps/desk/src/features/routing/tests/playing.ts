import type { Permission, PolicyView, ReceptionSettings, Rule, SeatView, SkillView } from '@kezhan/api'
import { RouterView } from 'vue-router'
import { me, net, place, type Scene } from '../../../tests/stage'

// The settings of reception, with what they read played.

export const MANAGES: Permission[] = ['member.read', 'channel.read', 'contact.read', 'conversation.read', 'routing.manage']

export const english: SkillView = { id: 'skill-en', kind: 'language', name: '英语', code: 'en', seats: 1 }
export const refunds: SkillView = { id: 'skill-refund', kind: 'skill', name: '退款', code: '', seats: 0 }

export const seat = (more: Partial<SeatView> = {}): SeatView => ({
  membership_id: 'm1', name: '周小满', state: 'online', reason_id: null, reason: '', auto: '', since: '2026-11-22T01:00:00.000Z', connected: true, on_duty: true,
  live_used: 1, live_units: 5, deferred_used: 0, deferred_units: 20, own_room: false, team_ids: ['vip'], skills: { 'skill-en': 4 },
  ...more,
})

export const vip: Rule = {
  id: 'rule-vip', name: 'VIP 优先', active: true, priority: 5, head_start: 0, accept_seconds: 20,
  when: { account_ids: ['c1'], channels: [], languages: [], countries: [], tiers: ['VIP'], sources: [], pages: [], intents: [], segments: [], attributes: {} },
  pool: { team_ids: ['vip'], needs: [{ skill_id: 'skill-en', level: 3 }], by_language: false, by_region: false },
  order: ['last_agent', 'least_loaded'],
  overflow: [{ after_seconds: 60, at_length: null, team_ids: [], everybody: true, drop_needs: false, message: false }],
}
export const night: Rule = { id: 'rule-night', name: '夜里', when: { tiers: [] }, pool: {}, order: ['round_robin'], overflow: [] }

export const policy = (version: number, ...rules: Rule[]): PolicyView => ({ version, saved_at: '2026-11-22T01:00:00.000Z', saved_by: '沈青山', policy: { v: 1, rules } })

export const settings: ReceptionSettings = {
  automatic: true, arrive_online: true, grace_seconds: 30, live_units: 5, deferred_units: 20, take_over: true, missed_limit: 2,
  answer_seconds: 0, left_seconds: 60, long_seconds: 180, target_seconds: 20, short_seconds: 5,
}

/** The tab of the settings, as its manager sees it. */
export function reception(tab: string, given: PolicyView = policy(4, vip, night)): Promise<Scene> {
  net.answers('workspacesGetMe', me({ permissions: MANAGES }))
  net.answersIfSilent('routingGetPolicy', given)
  net.answersIfSilent('routingGetSettings', settings)
  net.answersIfSilent('workspacesListTeams', { items: [{ id: 'vip', name: '高级组', member_ids: ['m1'], created_at: '2026-11-01T00:00:00.000Z' }] })
  net.answersIfSilent('routingListSkills', { items: [english, refunds] })
  net.answersIfSilent('routingListSeats', { items: [seat(), seat({ membership_id: 'm2', name: '林晚晴', state: 'away', reason_id: 'lunch', reason: '午饭', skills: {}, team_ids: [], live_used: 5 })] })
  net.answersIfSilent('routingListReasons', { items: [{ id: 'lunch', name: '午饭' }] })
  net.answersIfSilent('routingListWeights', { items: [{ account_id: 'c1', name: '官网', adapter: 'webchat', units: 1, load: 'live' }] })
  net.answersIfSilent('routingListLimits', { vip: { max_waiting: 10, max_open: null } })
  net.answersIfSilent('channelsList', {
    items: [{ id: 'c1', adapter: 'webchat', name: '官网', settings: {}, public_key: 'k', hook: null, working: true, created_at: '2026-11-01T00:00:00.000Z', archived_at: null }],
  } as never)
  net.answersIfSilent('channelsKinds', { items: [{ name: 'webchat', label: '网站聊天' }] } as never)
  net.answersIfSilent('contactsTiers', { items: ['VIP', '金卡'] })
  return place(RouterView as never, {}, { path: `/settings/reception?tab=${tab}`, lineOpen: false })
}
