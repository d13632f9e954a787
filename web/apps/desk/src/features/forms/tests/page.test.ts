import type { FormView } from '@kezhan/api'
import { fireEvent, screen } from '@testing-library/vue'
import { beforeEach, expect, it } from 'vitest'
import { RouterView } from 'vue-router'
import { choose, press, problem, write } from '../../../tests/hands'
import { me, net, place, type Scene } from '../../../tests/stage'

const form: FormView = {
  id: 'f1', team_id: null, version: 3, saved_at: '2026-11-22T08:00:00.000Z',
  fields: [{ id: 'why', kind: 'choice', label: '原因', required: true, choices: [{ id: 'a', label: '物流', children: [] }] }],
}
const page = (): Promise<Scene> => place(RouterView as never, {}, { path: '/settings/wrapup', lineOpen: false })
const put = (name: 'formsPut' | 'formsPutTeam'): unknown[] => net.asked(name).map(({ body }) => body)

beforeEach(() => {
  net.answers('workspacesGetMe', me({ permissions: ['team.manage'] }))
  net.answers('workspacesListTeams', { items: [{ id: 't1', name: '售后', member_ids: [], created_at: '' }] as never })
  net.answers('formsList', { items: [form] })
  net.answers('conversationsWrapUpCounts', { fields: [], teams: [] })
})

it('keeps another field beside those there are, with the ids they had', async () => {
  net.answers('formsPut', ({ body }) => ({ ...form, ...(body as object), version: 4 }) as never)
  const scene = await page()
  await write('选项', '物流\n质量')
  await press(scene, '添加字段')
  await fireEvent.update(screen.getAllByLabelText('名称').at(-1)!, '备注')
  await press(scene, '保存')
  expect(put('formsPut')).toMatchObject([
    { version: 3, fields: [{ id: 'why', choices: [{ id: 'a', label: '物流' }, { label: '质量' }] }, { kind: 'text', label: '备注', choices: [] }] },
  ])
  expect(screen.getByText('已保存')).toBeTruthy()
})

it('puts a refusal beside the field it is about', async () => {
  net.refuses('formsPut', problem(400, 'forms.no_choices', '请为“原因”添加选项。', { field: 'fields[0].choices' }))
  const scene = await page()
  await write('选项', '')
  await press(scene, '保存')
  expect(screen.getByText('请为“原因”添加选项。')).toBeTruthy()
})

it('gives a team a form of its own', async () => {
  net.answers('formsPutTeam', ({ body }) => ({ ...form, ...(body as object), id: 'f2', team_id: 't1', version: 1 }) as never)
  const scene = await page()
  await choose(scene, '适用于', '售后')
  expect(screen.getByText(/这个小组现在用所有人的表单/)).toBeTruthy()
  await press(scene, '添加字段')
  await write('名称', '结果')
  await press(scene, '保存')
  expect(put('formsPutTeam')).toMatchObject([{ version: 0, fields: [{ label: '结果' }] }])
})

it('says how often each choice was taken, in all and by one team', async () => {
  const taken = (team_id: string | null, count: number) => ({ team_id, count })
  net.answers('conversationsWrapUpCounts', ({ query }) => ({
    fields: [{ form_id: 'f1', id: 'why', label: '原因', choices: [{ id: 'b', path: ['质量'], teams: [] }, { id: 'a', path: ['投诉', '物流'], teams: [taken(null, 1), taken('t1', Number(query['days']))] }] }],
    teams: [{ team_id: null, done: 10, left_out: 1 }, { team_id: 't1', done: 30, left_out: 2 }],
  }))
  const scene = await page()
  const rows = (): string[] => screen.getAllByRole('row').slice(1).map((row) => [...row.children].map(({ textContent }) => textContent?.trim()).join(' '))
  expect(rows()).toEqual(['投诉 / 物流 31 78%', '质量 0 0%'])
  expect(screen.getByText('已填 40 份，未填 3 份')).toBeTruthy()
  await press(scene, '7 天')
  await choose(scene, '小组', '售后')
  expect(rows()).toEqual(['投诉 / 物流 7 23%', '质量 0 0%'])
})
