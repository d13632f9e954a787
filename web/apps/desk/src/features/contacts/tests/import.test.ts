import type { ImportView } from '@kezhan/api'
import { screen } from '@testing-library/vue'
import { beforeEach, expect, it } from 'vitest'
import { alerts, choose, press, problem } from '../../../tests/hands'
import { me, net, place, settled } from '../../../tests/stage'
import ImportPage from '../pages/ImportPage.vue'

const list = (more: Partial<ImportView> = {}): ImportView => ({
  id: 'i1', name: '客户.csv', state: 'draft', total: 3, read: 0, made: 0, changed: 0, same: 0, faulty: 0, undone: 0, fault: '', plan: { v: 1, targets: ['name', ''], overwrite: false },
  columns: [{ name: '姓名', samples: ['陈平'] }, { name: '联系', samples: [] }], by_name: '周子安', created_at: '2026-10-01T08:00:00.000Z', ...more,
})
const counts = { read: 3, made: 1, changed: 1, faulty: 1 }

beforeEach(() => {
  net.answers('workspacesGetMe', me({ permissions: ['contact.read', 'contact.write', 'contact.import'] }))
  net.answers('consentTexts', { items: [{ id: 't1', name: '推广', required: false, archived: false, version: 1, words: {}, published_at: '2026-10-01T08:00:00.000Z' }], limit: 20 })
  net.answers('fieldsGet', { version: 1, manages: false, fields: [], limit: 100 })
  net.answers('importsList', { items: [list({ state: 'done' })] })
  net.answers('importsFaulty', { items: [{ no: 4, cells: ['坏', '电话'], why: '“电话”不是电话号码。' }] })
})

it('has the columns named, tries the list, says why it is refused, and brings it in', async () => {
  net.answers('importsGet', list())
  const scene = await place(ImportPage, {}, { path: '/contacts/import/i1', lineOpen: false })
  await settled()
  await choose(scene, '“联系”是什么', '授权同意：推广')
  expect(screen.getByText(/记为客户同意现行版本/)).toBeTruthy()
  await choose(scene, '“联系”是什么', '电话')
  net.refuses('importsCheck', problem(409, 'contacts.import.at_work', '正在处理。'))
  await press(scene, '试运行')
  expect(alerts()).toEqual(['正在处理。'])
  const tried = list({ state: 'checked', ...counts, plan: { v: 1, targets: ['name', 'phone'], overwrite: false } })
  net.answers('importsCheck', tried)
  net.answers('importsGet', tried)
  await press(scene, '试运行')
  expect(net.asked('importsCheck').at(-1)!.body).toEqual({ v: 1, targets: ['name', 'phone'], overwrite: false })
  expect(screen.getByText('“电话”不是电话号码。')).toBeTruthy()
  const done = { ...tried, state: 'done' as const }
  net.answers('importsRun', done)
  net.answers('importsGet', done)
  await press(scene, '导入 2 位客户')
  expect(screen.getByRole('heading', { name: '结果' })).toBeTruthy()
  net.answers('importsUndo', { ...done, state: 'undone', undone: 1 })
  net.answers('importsGet', { ...done, state: 'undone', undone: 1 })
  await press(scene, '撤销导入')
  await scene.user.click(screen.getAllByRole('button', { name: '撤销导入' }).at(-1)!)
  await settled()
  expect(screen.getByText('已撤销 1 位；1 位之后有变动，予以保留。')).toBeTruthy()
})
