import type { ContactDetail, ContactOut, MergePreview } from '@kezhan/api'
import { screen, within } from '@testing-library/vue'
import { beforeEach, expect, it } from 'vitest'
import { alerts, press, problem } from '../../../tests/hands'
import { me, net, place, settled } from '../../../tests/stage'
import MergeDialog from '../components/MergeDialog.vue'
import MergedPeople from '../components/MergedPeople.vue'
import AlikePage from '../pages/AlikePage.vue'

const row = (id: string, more: Partial<ContactOut> = {}): ContactOut => ({
  id, number: '1007', name: '', email: null, phone: null, language: null, tier: '', owner_id: null, created_at: '2026-10-01T08:00:00.000Z', ...more,
})
const detail = (id: string, more: Partial<ContactDetail> = {}): ContactDetail => ({ ...row(id), owner_name: '', company_id: null, company_name: '', note: '', attributes: {}, identities: [], merges: [], ...more })
const two: MergePreview = {
  kept: detail('a', { name: '陈平', email: 'c@example.com' }), gone: detail('b', { name: '平平', phone: '13800138000' }), kept_notes: 0, gone_notes: 2, differs: ['name'], differs_fields: [],
}

beforeEach(() => net.answers('workspacesGetMe', me({ permissions: ['contact.read', 'contact.merge'] })))

it('shows what each of two has, lets the other one’s word hold, and says why it is refused', async () => {
  net.answers('contactsList', { items: [row('a', { name: '陈平' }), row('b', { name: '平平' })], next: null })
  net.answers('contactsPreviewMerge', two)
  const scene = await place(MergeDialog, { contact: row('a', { name: '陈平' }) }, { lineOpen: false })
  await settled()
  // She herself is not offered.
  expect(within(screen.getByRole('list', { name: '另一位客户' })).getAllByRole('button')).toHaveLength(1)
  await press(scene, /平平/)
  expect(screen.getByRole('region', { name: '并入' }).textContent).toContain('2 条备注')
  const choice = screen.getByRole('radiogroup', { name: '姓名' })
  await scene.user.click(within(choice).getByRole('radio', { name: '平平' }))
  net.refuses('contactsMerge', problem(409, 'contacts.merged_meanwhile', '其中一位客户刚刚与他人合并，请重新查看预览。'))
  await press(scene, '合并')
  expect(alerts()).toEqual(['其中一位客户刚刚与他人合并，请重新查看预览。'])
  net.answers('contactsMerge', two.kept)
  await press(scene, '合并')
  expect(net.asked('contactsMerge').at(-1)).toMatchObject({ path: { contact_id: 'b' }, body: { into: 'a', take: ['name'] } })
})

it('parts two again once it is confirmed', async () => {
  const merge = { id: 'm1', gone_id: 'b', name: '平平', number: '1007', how: 'email' as const, by_name: '', at: '2026-10-01T08:00:00.000Z' }
  const scene = await place(MergedPeople, { contact: detail('a', { merges: [merge] }) }, { lineOpen: false })
  await settled()
  expect(screen.getByText(/已验证邮箱相同/)).toBeTruthy()
  await press(scene, '拆分 平平')
  net.answers('contactsPart', detail('b'))
  await press(scene, '拆分')
  expect(net.asked('contactsPart').map(({ path }) => path)).toEqual([{ merge_id: 'm1' }])
})

it('lists who may be one, and remembers that two are not', async () => {
  net.answers('contactsListAlike', { items: [{ by: 'phone', value: '13800138000', verified: false, kept: row('a', { name: '陈平' }), gone: row('b', { name: '平平' }) }], next: null })
  const scene = await place(AlikePage, {}, { lineOpen: false })
  await settled()
  expect(screen.getByText('电话相同：13800138000')).toBeTruthy()
  net.answers('contactsTellApart', undefined)
  net.answers('contactsListAlike', { items: [], next: null })
  await press(scene, '不是同一人')
  expect([net.asked('contactsTellApart')[0]!.path, screen.getByText('没有疑似重复的客户')]).toEqual([{ contact_id: 'b', other_id: 'a' }, expect.anything()])
})
