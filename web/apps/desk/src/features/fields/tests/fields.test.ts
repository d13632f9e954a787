import type { CustomField, FieldOn } from '@kezhan/api'
import { fireEvent, screen } from '@testing-library/vue'
import { beforeEach, expect, it, vi } from 'vitest'
import { alerts, choose, field, press, problem, write } from '../../../tests/hands'
import { me, net, place, settled } from '../../../tests/stage'
import OwnFields from '../components/OwnFields.vue'
import FieldsPage from '../pages/FieldsPage.vue'

const own = (id: string, more: Partial<CustomField> = {}): CustomField => ({ id, kind: 'text', label: id, required: false, choices: [], reads: [], writes: [], in_list: false, archived: false, ...more })
const on = (one: CustomField, value: unknown, writable = true): FieldOn => ({ field: one, value, writable })

beforeEach(() => net.answers('workspacesGetMe', me({ permissions: ['contact.read', 'contact.write', 'field.manage'] })))

it('keeps each kind in its shape, and what is not hers to change stands fixed', async () => {
  const save = vi.fn(async () => undefined)
  const level = own('等级', { kind: 'choice', choices: [{ id: 'g', label: '金', children: [] }] })
  const scene = await place(OwnFields, { fields: [on(own('积分', { kind: 'number' }), 3), on(level, null), on(own('回访', { kind: 'yes_no' }), true), on(own('欠款'), '9', false)], save }, { lineOpen: false })
  await settled()
  await write('积分', '12.5')
  await fireEvent.blur(field('积分'))
  await settled()
  await choose(scene, '等级', '金')
  await choose(scene, '回访', '否')
  expect(save.mock.calls).toEqual([['积分', 12.5], ['等级', 'g'], ['回访', false]])
  expect(field('欠款').disabled).toBe(true)
})

it('makes a field behind the others, says why one is refused, and archives one with a way back', async () => {
  net.answers('fieldsGet', { version: 3, manages: true, fields: [own('会员号'), own('旧', { archived: true })], limit: 100 })
  const scene = await place(FieldsPage, {}, { lineOpen: false })
  await settled()
  await press(scene, '新建字段')
  await write('名称', '生日')
  net.refuses('fieldsPut', problem(409, 'forms.changed', '已被他人修改。'))
  await press(scene, '保存')
  expect(alerts()).toEqual(['已被他人修改。'])
  const kept = { version: 4, manages: true, fields: [own('会员号'), own('生日'), own('旧', { archived: true })], limit: 100 }
  net.answers('fieldsPut', kept)
  net.answers('fieldsGet', kept)
  await press(scene, '保存')
  expect(net.asked('fieldsPut').at(-1)!.body).toMatchObject({ version: 3, fields: [{ id: '会员号' }, { label: '生日', kind: 'text' }, { id: '旧' }] })
  await press(scene, '更多操作：会员号')
  await scene.user.click(await screen.findByRole('menuitem', { name: '归档' }))
  await settled()
  expect(net.asked('fieldsPut').at(-1)!.body).toMatchObject({ version: 4, fields: [{ id: '会员号', archived: true }, { id: '生日' }, { id: '旧' }] })
})

it('seals a field, which is masked then and in no list, and tells how far it is', async () => {
  const sealed = own('证件', { sealed: true, sensitive: true })
  net.answers('fieldsGet', { version: 1, manages: true, fields: [own('证件', { in_list: true })], limit: 100 })
  const scene = await place(FieldsPage, {}, { lineOpen: false })
  await settled()
  await press(scene, '修改字段 证件')
  await scene.user.click(screen.getByRole('switch', { name: /^加密保存/ }))
  const kept = { version: 2, manages: true, fields: [sealed], limit: 100, sealing: [{ field_id: '证件', done: 200, total: 900 }] }
  net.answers('fieldsPut', kept)
  net.answers('fieldsGet', kept)
  await press(scene, '保存')
  expect(net.asked('fieldsPut').at(-1)!.body).toMatchObject({ fields: [{ sealed: true, in_list: false }] })
  expect(screen.getByRole('status').textContent).toBe('正在加密：200 / 900')
})
