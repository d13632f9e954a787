import type { OnSite, RuleView } from '@kezhan/api'

export const visitor = (id: string, more: Partial<OnSite> = {}): OnSite => ({
  identity_id: id, contact_id: `c-${id}`, account_id: 'a1', number: '1007', name: '', tier: '', url: 'https://tea.example/rock', title: '武夷岩茶',
  since: new Date(Date.now() - 42_000).toISOString(), started_at: '2026-11-22T07:58:00.000Z', pages: 3, visits: 2, source: 'search', campaign: '', search_word: '岩茶',
  device: 'phone', browser: 'Safari 17', system: 'iOS 17', language: 'zh-CN', time_zone: 'Asia/Shanghai', country: 'CN', conversation: null, invite: null, ...more,
})

export const rule = (id: string, more: Partial<RuleView> = {}): RuleView => ({
  id, name: `规则 ${id}`, active: true, texts: { v: 1, zh: '需要介绍吗？', en: '' },
  conditions: {
    v: 1, account_ids: [], pages: ['/rock'], dwell_s: 30, min_pages: 1, min_visits: 1, sources: [], campaign: '', devices: [], languages: [],
    business_hours: true, staffed: true, every_days: 7,
  },
  counts: { sent: 0, accepted: 0, declined: 0, ignored: 0 }, created_at: '2026-11-01T08:00:00.000Z', ...more,
})
