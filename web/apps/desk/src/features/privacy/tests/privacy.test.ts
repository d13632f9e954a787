import type { ContactPrivacy, PrivacyRequest, WorkspaceExport } from '@kezhan/api'
import { screen } from '@testing-library/vue'
import { beforeEach, describe, expect, it } from 'vitest'
import { alerts, press, problem } from '../../../tests/hands'
import { me, net, place, settled } from '../../../tests/stage'
import PersonPrivacy from '../components/PersonPrivacy.vue'
import PrivacyPage from '../pages/PrivacyPage.vue'

const request = (kind: PrivacyRequest['kind'], more: Partial<PrivacyRequest> = {}): PrivacyRequest => ({
  id: kind, contact_id: 'c', number: '872080', name: '陈建国', kind, state: 'open', received_at: '2026-11-01T08:00:00.000Z', due_at: '2026-11-16T08:00:00.000Z', overdue: false,
  note: '', answer: '', fault: null, ready: false, counts: null, by_name: '王主管', ended_name: null, ended_at: null, ...more,
})
const person = (more: Partial<ContactPrivacy> = {}): ContactPrivacy => ({ hold: null, erased_at: null, requests: [], ...more })

beforeEach(() => {
  net.answers('workspacesGetMe', me({ permissions: ['privacy.manage'] }))
  net.answers('consentOfContact', { items: [] })
})

it('erases only once the number of the customer is typed, and says why it is refused', async () => {
  net.answers('privacyContact', person({ requests: [request('erase')] }))
  const scene = await place(PersonPrivacy, { contactId: 'c' }, { lineOpen: false })
  await settled()
  await press(scene, '删除数据')
  const [act] = screen.getAllByRole('button', { name: '删除数据' }).slice(-1) as HTMLButtonElement[]
  expect(act?.disabled).toBe(true)
  await scene.user.type(screen.getByLabelText(/输入客户编号 872080/), '872080')
  net.refuses('privacyCarryOut', problem(409, 'privacy.held', '这位客户的数据正处于法律保全中，不能删除。请先解除保全。'))
  await scene.user.click(act!)
  await settled()
  expect(alerts()).toContain('这位客户的数据正处于法律保全中，不能删除。请先解除保全。')
  expect(net.asked('privacyCarryOut')[0]).toMatchObject({ path: { request_id: 'erase' }, body: { number: '872080' } })
})

it('notes a request, puts a hold and lifts it after asking', async () => {
  net.answers('privacyContact', person())
  const scene = await place(PersonPrivacy, { contactId: 'c' }, { lineOpen: false })
  await settled()
  expect(screen.getByText('还没有请求')).toBeTruthy()
  net.answers('privacyAsk', request('export'))
  await scene.user.type(screen.getByLabelText('备注'), '电话提出')
  await press(scene, '登记')
  expect(net.asked('privacyAsk')[0]).toMatchObject({ path: { contact_id: 'c' }, body: { kind: 'export', note: '电话提出' } })
  const held = person({ hold: { reason: '合同纠纷', by_name: '王主管', at: '2026-11-01T08:00:00.000Z' } })
  net.answers('privacyHold', held)
  net.answers('privacyContact', held)
  await scene.user.type(screen.getByLabelText('保全原因'), '合同纠纷')
  await press(scene, '设置保全')
  expect(screen.getByText('合同纠纷')).toBeTruthy()
  net.answers('privacyLiftHold', person())
  await press(scene, '解除保全')
  expect(net.asked('privacyLiftHold')).toEqual([])
  await scene.user.click(screen.getAllByRole('button', { name: '解除保全' }).at(-1)!)
  await settled()
  expect(net.asked('privacyLiftHold')).toHaveLength(1)
})

it('lists what is to be answered, and says what would go tonight before it is saved', async () => {
  net.answers('privacyRequests', { items: [request('correct', { overdue: true }), request('export', { state: 'done', ready: true, ended_at: '2026-11-02T08:00:00.000Z' })], next: null })
  net.answers('privacySettings', { due_days: 15, residency: '', keep: { conversations: 30, visits: null, people: null } })
  net.answers('privacyRecipients', { items: [{ kind: 'webhook', name: 'CRM', host: 'crm.example' }] })
  net.answers('privacyTryKeeping', { conversations: 3, visits: 0, people: 0 })
  const scene = await place(PrivacyPage, {}, { lineOpen: false })
  await settled()
  expect([screen.getByText('已逾期'), screen.getByRole('status').textContent]).toEqual([expect.anything(), '保存后今晚将清除： 3 个会话的内容'])
  expect(screen.getByText('crm.example · 订阅的事件内容')).toBeTruthy()
  net.answers('privacyDone', request('correct', { state: 'done' }))
  await press(scene, '填写答复')
  await scene.user.type(screen.getByRole('textbox', { name: /^答复/ }), '已更正')
  await scene.user.click(screen.getAllByRole('button', { name: '保存' }).at(-1)!)
  await settled()
  expect(net.asked('privacyDone')[0]).toMatchObject({ path: { request_id: 'correct' }, body: { answer: '已更正' } })
  net.breaks('privacyArchive')
  await press(scene, '下载副本')
  expect(net.asked('privacyArchive')).toHaveLength(1)
})

it('shows those who do not manage privacy what the customer has agreed to, and no more', async () => {
  net.answers('workspacesGetMe', me({ permissions: ['contact.read'] }))
  await place(PersonPrivacy, { contactId: 'c' }, { lineOpen: false })
  await settled()
  expect([screen.getByText('企业空间还没有授权文本'), screen.queryByText('法律保全'), net.asked('privacyContact')]).toEqual([expect.anything(), null, []])
})

describe('a full export', () => {
  beforeEach(() => {
    net.answers('privacyRequests', { items: [], next: null })
    net.answers('privacySettings', { due_days: 15, residency: '', keep: {} })
    net.answers('privacyRecipients', { items: [] })
  })

  it('is for owners alone', async () => {
    await place(PrivacyPage, {}, { lineOpen: false })
    await settled()
    expect(screen.queryByText('全部导出')).toBeNull()
  })

  it('is made one at a time', async () => {
    net.answers('workspacesGetMe', me({ permissions: ['privacy.manage', 'workspace.own'] }))
    net.answers('privacyListExports', { items: [] })
    const made: WorkspaceExport = { id: 'e', state: 'running', found: 1200, cut: false, fault: null, created_at: '2026-11-01T08:00:00.000Z', expires_at: null }
    net.answers('privacyExport', made)
    const scene = await place(PrivacyPage, {}, { lineOpen: false })
    await screen.findByText('还没有全部导出过')
    net.answers('privacyListExports', { items: [made] })
    await press(scene, '导出全部数据')
    await screen.findByText('正在导出，已有 1,200 行')
    expect(net.asked('privacyExport')).toHaveLength(1)
    expect((screen.getByRole('button', { name: '导出全部数据' }) as HTMLButtonElement).disabled).toBe(true)
  })
})
