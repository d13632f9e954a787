import type { ConsentText, PersonConsent } from '@kezhan/api'
import { screen } from '@testing-library/vue'
import { beforeEach, expect, it } from 'vitest'
import { press } from '../../../tests/hands'
import { me, net, place, settled } from '../../../tests/stage'
import PersonConsents from '../components/PersonConsents.vue'
import ConsentPage from '../pages/ConsentPage.vue'

const words = { 'zh-CN': { title: '处理聊天内容', body: '我们保存聊天内容。' } }
const text = (more: Partial<ConsentText> = {}): ConsentText => ({ id: 't', name: '聊天', required: true, archived: false, version: 2, words, published_at: '2026-11-01T08:00:00.000Z', ...more })
const stands = (more: Partial<PersonConsent> = {}): PersonConsent => ({ text_id: 't', name: '聊天', required: true, archived: false, version: 2, state: 'none', history: [], ...more })
const given = { version: 1, language: 'zh-CN', way: 'agent' as const, how: '电话中同意', by_name: '林晚晴', at: '2026-11-01T08:00:00.000Z', withdrawn_way: null, withdrawn_how: '', withdrawn_by_name: '', withdrawn_at: null }

beforeEach(() => net.answers('workspacesGetMe', me({ permissions: ['privacy.manage', 'contact.read', 'contact.write'] })))

it('publishes another version only where it is worded anew', async () => {
  net.answers('consentTexts', { items: [text()], limit: 20 })
  net.answers('consentPublish', text({ version: 3 }))
  net.answers('consentEdit', text({ name: '聊天内容' }))
  const scene = await place(ConsentPage, {}, { lineOpen: false })
  await settled()
  await press(scene, '修改“聊天”')
  await scene.user.type(screen.getByRole('textbox', { name: /^用途/ }), '内容')
  await press(scene, '保存')
  expect([net.asked('consentEdit')[0], net.asked('consentPublish')]).toMatchObject([{ body: { name: '聊天内容', required: true } }, []])
  await press(scene, '修改“聊天”')
  await scene.user.type(screen.getByLabelText('正文（中文）'), '一年后删除。')
  expect(screen.getByText('保存后发布第 3 版，客户会再次被询问。')).toBeTruthy()
  await press(scene, '发布')
  expect(net.asked('consentPublish')[0]).toMatchObject({ body: { version: 2, words: { 'zh-CN': { title: '处理聊天内容', body: '我们保存聊天内容。一年后删除。' } } } })
})

it('writes down for a customer what she agrees to, and what she withdraws', async () => {
  net.answers('consentOfContact', { items: [stands()] })
  net.answers('consentGive', { items: [] })
  net.answers('consentWithdraw', { items: [] })
  const scene = await place(PersonConsents, { contactId: 'c' }, { lineOpen: false })
  await settled()
  await press(scene, '代为记录同意')
  net.answers('consentOfContact', { items: [stands({ state: 'outdated', history: [given] })] })
  await scene.user.type(screen.getByRole('textbox'), '电话中同意')
  await press(scene, '代为记录同意')
  expect(net.asked('consentGive')[0]).toMatchObject({ path: { contact_id: 'c' }, body: { text_id: 't', how: '电话中同意' } })
  expect([screen.getByText('同意的是旧版'), screen.getByText(/客服记录 · 林晚晴 · 电话中同意/)]).toHaveLength(2)
  await press(scene, '代为记录同意')
  await scene.user.type(screen.getByRole('textbox'), '来信')
  await press(scene, '记录撤回')
  expect(net.asked('consentWithdraw')[0]).toMatchObject({ path: { contact_id: 'c', text_id: 't' }, body: { how: '来信' } })
})

it('shows those who only read what was agreed to, and offers them nothing to change', async () => {
  net.answers('workspacesGetMe', me({ permissions: ['contact.read'] }))
  net.answers('consentOfContact', { items: [stands({ state: 'given', history: [given] })] })
  await place(PersonConsents, { contactId: 'c' }, { lineOpen: false })
  await settled()
  expect([screen.getByText('已同意'), screen.queryByRole('button')]).toEqual([expect.anything(), null])
})
