import type { Tag, TagRule } from '@kezhan/api'
import { fireEvent, screen } from '@testing-library/vue'
import { beforeEach, expect, it } from 'vitest'
import { alerts, press, problem } from '../../../tests/hands'
import { me, net, place, settled } from '../../../tests/stage'
import RulesTab from '../components/RulesTab.vue'
import RuleTrial from '../components/RuleTrial.vue'

const tag: Tag = { id: 't1', name: '需回访', colour: 'red', group: '', for_contacts: true, for_conversations: false, pinyin: '', initials: '', version: 1, archived: false, merged_into: null }
const body: TagRule['body'] = { v: 1, when: { is: 'rated', scale: 'csat', least: null, most: 2 }, filter: { v: 1, join: 'all', groups: [{ join: 'all', conditions: [{ is: 'any_of', field: 'tier', values: ['VIP'] }] }] }, puts: ['t1'], takes: [] }
const low: TagRule = { id: 'r1', name: '低分回访', active: true, body, hidden: false, version: 3, updated_at: '2026-01-01T00:00:00.000Z' }
const hidden: TagRule = { ...low, id: 'r2', name: '证件', body: null, hidden: true }

beforeEach(() => {
  net.answers('workspacesGetMe', me({ permissions: ['contact.read', 'tag.manage'] }))
  net.answers('tagsList', { items: [tag], manages: true, limit: 1000 })
  net.answers('taggingList', { items: [low, hidden], limit: 50 })
  net.answers('segmentsWords', { languages: [], tiers: [], sources: [], attributes: [], answers: [], fields: [], companies: [], segments: [] })
})

it('says of each when it works and what it does, and lets nobody change what she may not see', async () => {
  const scene = await place(RulesTab, {}, { lineOpen: false })
  await settled()
  expect(screen.getByText('满意度（1–5） ≤ 2 · 有 1 个条件')).toBeTruthy()
  expect(screen.getByText('需回访')).toBeTruthy()
  expect(screen.getByText('内容涉及对你脱敏的信息')).toBeTruthy()
  expect(screen.queryByRole('button', { name: '修改“证件”' })).toBeNull()
  net.answers('taggingSwitchOff', { ...low, active: false })
  await fireEvent.click(screen.getByRole('switch', { name: '启用“低分回访”' }))
  await settled()
  expect(net.asked('taggingSwitchOff')[0]!.path).toEqual({ rule_id: 'r1' })
  net.answers('taggingRemove', undefined)
  await press(scene, '移除“低分回访”')
  await press(scene, '移除')
  await settled()
  expect(net.asked('taggingRemove')[0]!.path).toEqual({ rule_id: 'r1' })
})

it('tells whom a rule would have touched, and why it cannot be told', async () => {
  net.answers('taggingPreview', { count: 1204, complete: true, days: 7 })
  const trial = { when: body!.when, filter: body!.filter! }
  await place(RuleTrial, { trial }, { lineOpen: false })
  await new Promise((done) => setTimeout(done, 450))
  await settled()
  expect(screen.getByText('会涉及 1,204 位客户')).toBeTruthy()
  net.refuses('taggingPreview', problem(403, 'segments.masked', '这个条件会透露你看不到的脱敏内容。'))
  await place(RuleTrial, { trial }, { lineOpen: false })
  await new Promise((done) => setTimeout(done, 450))
  await settled()
  expect(alerts()).toContain('这个条件会透露你看不到的脱敏内容。')
})

it('begins with a ready-made rule, whose tag is made with it once', async () => {
  net.answers('channelsList', { items: [] })
  net.answers('taggingPreview', { count: 3, complete: true, days: 7 })
  const scene = await place(RulesTab, {}, { lineOpen: false })
  await settled()
  await press(scene, '新建规则')
  await press(scene, '可能投诉')
  expect((screen.getByRole('textbox', { name: /词语/ }) as HTMLTextAreaElement).value).toContain('投诉\n')
  await press(scene, '评价不满意')
  net.answers('tagsCreate', { ...tag, id: 't2', name: '评价不满意' })
  net.refuses('taggingCreate', problem(409, 'tagging.many', '规则太多。'))
  await press(scene, '保存')
  await settled()
  net.answers('taggingCreate', low)
  await press(scene, '保存')
  await settled()
  expect(net.asked('tagsCreate').map(({ body }) => body)).toEqual([{ name: '评价不满意', for_contacts: true, for_conversations: false }])
  expect(net.asked('taggingCreate').at(-1)!.body).toEqual({
    name: '评价不满意', active: true,
    body: { v: 1, when: { is: 'rated', scale: 'csat', least: null, most: 2 }, filter: { v: 1, join: 'all', groups: [] }, puts: ['t2'], takes: [] },
  })
})
