import type { Rule } from '@kezhan/api'
import { screen } from '@testing-library/vue'
import { defineComponent, h } from 'vue'
import { expect, it } from 'vitest'
import { net, place, settled } from '../../../tests/stage'
import { fullRule } from '../policy'
import { useSentence } from '../sentence'
import { english, refunds, vip } from './playing'

const Speaker = defineComponent({
  props: { rule: { type: Object, required: true } },
  setup(props) {
    const sentence = useSentence()
    return () => h('p', { 'data-testid': 'said' }, sentence.value(fullRule(props.rule as Rule)).map(({ text }) => text).join(' → '))
  },
})

async function said(rule: Partial<Rule>, language: 'zh-CN' | 'en' = 'zh-CN'): Promise<string> {
  net.answers('workspacesListTeams', { items: [{ id: 'vip', name: '高级组', member_ids: [], created_at: '' }, { id: 'care', name: '售后组', member_ids: [], created_at: '' }] })
  net.answers('routingListSkills', { items: [english, refunds] })
  net.answers('channelsList', { items: [{ id: 'c1', name: '官网', archived_at: null }] } as never)
  net.answers('channelsKinds', { items: [{ name: 'webchat', label: '网站聊天' }] } as never)
  await place(Speaker, { rule: { id: 'r', name: 'x', ...rule } }, { lineOpen: false, language })
  await settled()
  return screen.getByTestId('said').textContent
}

it('says a whole rule in one breath', async () => {
  expect(await said(vip)).toBe('VIP 客户 · 来自 官网 → 高级组，需 英语≥3 → 优先上次客服，其次负载最低 → 20 秒未接转下一位 → 60 秒后加入所有人')
})

it('says it in English as an English reader would', async () => {
  expect(await said(vip, 'en')).toBe(
    'VIP customers · from 官网 → 高级组, needs 英语 ≥ 3 → first the last agent, then the least loaded → not accepted in 20 s: the next one → after 60 s everybody joins',
  )
})

it.each<[string, Partial<Rule>, string]>([
  ['nothing asked', {}, '所有客户 → 所有人 → 优先上次客服，其次负载最低，其次轮流'],
  ['one that is off', { active: false, order: [] }, '（已停用）所有客户 → 所有人 → 轮流'],
  ['languages and countries by name', { when: { languages: ['en', 'zh-TW'], countries: ['JP'] }, order: ['dedicated'] }, '说 英语或中文（台湾） · 在 日本 → 所有人 → 优先专属客服'],
  ['kinds, sources, pages, intents and the record', { when: { channels: ['webchat'], sources: ['search'], pages: ['/a', '/b'], intents: ['退款'], attributes: { plan: '年付' } }, order: ['best_skill'] },
    '来自 网站聊天 · 经由 搜索引擎 · 页面含 “/a”或“/b” · 意图是 “退款” · plan = 年付 → 所有人 → 优先技能最强'],
  ['needs of a first level without the level', { pool: { needs: [{ skill_id: 'skill-refund', level: 1 }], by_language: true, by_region: true }, order: ['longest_idle'] },
    '所有客户 → 所有人，需 退款，会客户的语言，负责客户的地区 → 优先空闲最久'],
  ['another turn', { priority: 9, head_start: 30, order: ['round_robin'] }, '所有客户 → 所有人 → 优先轮流，优先级 9，算作多等 30 秒'],
  ['steps by time or length', { order: [], overflow: [{ after_seconds: 30, at_length: 5, team_ids: ['vip', 'care'], drop_needs: true }, { at_length: 9, message: true }] },
    '所有客户 → 所有人 → 轮流 → 30 秒后或排队满 5 人时加入高级组和售后组，不再要求技能 → 排队满 9 人时请客户留言'],
  ['a step that is not finished', { order: [], overflow: [{}] }, '所有客户 → 所有人 → 轮流 → （未设时间）（未设动作）'],
  ['what is gone', { pool: { team_ids: ['gone'] }, order: [] }, '所有客户 → 已不存在 → 轮流'],
])('says %s', async (_, rule, words) => expect(await said(rule)).toBe(words))
