import type { Tag } from '@kezhan/api'
import { screen, within } from '@testing-library/vue'
import { beforeEach, expect, it } from 'vitest'
import { alerts, press, problem } from '../../../tests/hands'
import { me, net, place, settled } from '../../../tests/stage'
import ContactTags from '../components/ContactTags.vue'
import TagMarks from '../components/TagMarks.vue'
import TagsPage from '../pages/TagsPage.vue'

const tag = (id: string, name: string, more: Partial<Tag> = {}): Tag => ({
  id, name, colour: 'ink', group: '', for_contacts: true, for_conversations: true, pinyin: id, initials: id, version: 1, archived: false, merged_into: null, ...more,
})
const all = [tag('a', '高价值'), tag('b', '退换货'), tag('c', '加急'), tag('d', '旧名', { merged_into: 'a', archived: true })]

beforeEach(() => {
  net.answers('workspacesGetMe', me({ permissions: ['contact.read', 'contact.write', 'tag.manage'] }))
  net.answers('tagsList', { items: all, manages: true, limit: 1000 })
  net.answers('tagsUses', { items: [{ id: 'a', contacts: 2, conversations: 0 }] })
})

it('shows two on a row and how many more, a merged one under its present name', async () => {
  await place(TagMarks, { ids: ['d', 'b', 'c', 'gone'] }, { lineOpen: false })
  await settled()
  expect(screen.getByText('高价值')).toBeTruthy()
  expect(screen.getByText('退换货')).toBeTruthy()
  expect(screen.queryByText('加急')).toBeNull()
  expect(screen.getByText('+1').title).toBe('加急')
})

it('takes one off a customer, says why where it cannot, and offers nothing to whom it is fixed', async () => {
  net.answers('tagsOfContact', { ids: ['a', 'b'] })
  const scene = await place(ContactTags, { contactId: 'c1', fixed: false }, { lineOpen: false })
  await settled()
  net.refuses('tagsTakeOffContact', problem(404, 'contacts.not_found', '客户不存在。'))
  await press(scene, '移除标签 高价值')
  await settled()
  expect(alerts()).toEqual(['客户不存在。'])
  net.answers('tagsTakeOffContact', { ids: ['b'] })
  await press(scene, '移除标签 高价值')
  await settled()
  expect(net.asked('tagsTakeOffContact').at(-1)!.path).toEqual({ contact_id: 'c1', tag_id: 'a' })
  expect(screen.getAllByRole('listitem').map((one) => one.textContent?.trim())).toEqual(['退换货'])
})

it('shows a customer’s tags to whom they are fixed, without a way to change them', async () => {
  net.answers('tagsOfContact', { ids: ['a'] })
  await place(ContactTags, { contactId: 'c1', fixed: true }, { lineOpen: false })
  await settled()
  expect(within(screen.getByRole('region', { name: '客户标签' })).queryAllByRole('button')).toEqual([])
})

it('keeps the tags of a workspace: how often each is used, a new one with its refusal beside the name', async () => {
  const scene = await place(TagsPage, {}, { lineOpen: false })
  await settled()
  expect(screen.queryByText('旧名')).toBeNull()
  expect(screen.getByText('2 个客户')).toBeTruthy()
  await press(scene, '新建标签')
  await settled()
  expect(screen.getByRole('dialog', { name: '新建标签' })).toBeTruthy()
})
