import { screen, within } from '@testing-library/vue'
import { beforeEach, describe, expect, it } from 'vitest'
import { me, net, place, settled, soon } from '../../../tests/stage'
import ListTabs from '../components/ListTabs.vue'
import MentionList from '../components/MentionList.vue'
import { useCompany } from '../company'
import { belongs } from '../lists'
import { namedIn, parts, wantedAt } from '../named'
import { changed, head, ME, message } from './fixtures'
import { openComposer, openMessages, openThread } from './scene'

const BOSS = { id: 'boss', name: '王主管', sees: true }
const BLIND = { id: 'lin', name: '林晚晴', sees: false }
const COLLEAGUES = { people: [{ id: ME, name: '小林', sees: true }, BOSS, BLIND], teams: [{ id: 'team', name: '售后', sees: true }] }
const THEIRS = { assignee_id: 'other', assignee_name: '周子安' } as const
const members = [{ id: 'boss', name: '王主管' }, { id: 'other', name: '周子安' }]
const field = (): HTMLTextAreaElement => screen.getByLabelText(/写给同事的备注|输入回复|输入密语/)

beforeEach(() => {
  net.answersIfSilent('workspacesListMembers', { items: members, next: null } as never)
})

describe('a name in a note', () => {
  it.each([
    ['看看 @王', 5, '王'],
    ['@', 1, ''],
    ['a@b.c', 5, null],
    ['@王主管 好', 6, null],
  ])('is being written in %s', (text, caret, wanted) => expect(wantedAt(text, caret)).toBe(wanted))

  it('is the longest that fits, and only of those who see', () => {
    const two = [{ id: 'a', name: '王五' }, { id: 'b', name: '王五一' }]
    expect(parts('请 @王五一 看', two)).toEqual([{ text: '请 ' }, { text: '@王五一', id: 'b' }, { text: ' 看' }])
    expect(namedIn('@王主管 @林晚晴 @售后 看', COLLEAGUES)).toEqual({ mentions: ['boss'], teams: ['team'] })
    expect(namedIn('没有人', COLLEAGUES)).toEqual({})
  })

  it('is chosen by keys, goes out with the note and stands out in it', async () => {
    net.answers('conversationsListColleagues', COLLEAGUES)
    const { user } = await openComposer({ snapshot: { draft: '', draft_is_note: true } })
    await user.type(field(), '@王')
    await soon(() => expect(screen.getByRole('option')).toBeTruthy())
    await user.keyboard('{Enter}')
    await soon(() => expect(field().value).toBe('@王主管 '))
    await user.type(field(), '请看')
    await user.keyboard('{Enter}')
    expect(net.saidOf('send').map(({ body, mentions }) => ({ body, mentions }))).toEqual([{ body: '@王主管 请看', mentions: ['boss'] }])
  })

  it('of somebody who does not see it invites her first', async () => {
    net.answers('conversationsListColleagues', COLLEAGUES)
    net.answers('conversationsInvite', null)
    const { user } = await openComposer({ snapshot: { draft: '', draft_is_note: true } })
    await user.type(field(), '@林')
    await soon(() => expect(screen.getByRole('option').textContent).toContain('看不到此会话'))
    net.answers('conversationsListColleagues', { ...COLLEAGUES, people: [BOSS, { ...BLIND, sees: true }] })
    await user.keyboard('{Enter}')
    await soon(() => expect(field().value).toBe('@林晚晴 '))
    expect(net.asked('conversationsInvite')).toHaveLength(1)
  })

  it('opens nothing in a reply', async () => {
    const { user } = await openComposer()
    await user.type(field(), '@王')
    expect(screen.queryByRole('listbox')).toBeNull()
  })

  it('is shown as one', async () => {
    const note = message(2, { kind: 'note', author: { kind: 'agent', id: 'other', name: '周子安' }, body: '@王主管 请看', payload: { is: 'note', mentions: ['boss'] } })
    await openMessages([message(1), note])
    await soon(() => expect(screen.getByText('@王主管').className).toContain('text-violet'))
  })
})

describe('mentions', () => {
  it('are a list with the unread told apart', async () => {
    const mention = { head: head({ contact_name: '张三' }), seq: 7, at: '2026-11-22T08:00:00.000Z', by: { kind: 'agent' as const, id: 'other', name: '周子安' }, text: '@小林 看看', read: false }
    net.answers('conversationsListMentions', { items: [mention, { ...mention, seq: 3, read: true }], next: null })
    await place(MentionList, { id: '' })
    await settled()
    const links = screen.getAllByRole('link')
    expect(links.map((one) => one.getAttribute('href'))).toEqual(['/conversations/mentions/c1?seq=7', '/conversations/mentions/c1?seq=3'])
    expect(links.map((one) => within(one).queryByText('未读') !== null)).toEqual([true, false])
  })

  it('are counted, and counted again when somebody is named', async () => {
    net.answers('conversationsCountMentions', { unread: 2 })
    await place(ListTabs, { list: 'mine' })
    await soon(() => expect(screen.getByLabelText('提到我的, 2 条未读的提到')).toBeTruthy())
    net.answers('conversationsCountMentions', { unread: 3 })
    net.tell({ type: 'mentions' })
    await soon(() => expect(screen.getByLabelText('提到我的, 3 条未读的提到')).toBeTruthy())
  })
})

describe('a transfer', () => {
  it('asks a colleague with a note, and says that she is waited for', async () => {
    net.answers('workspacesListMembers', { items: [{ id: 'boss', name: '王主管', role: 'supervisor' }], next: null } as never)
    net.answers('routingTransfer', null)
    const { user } = await openThread([message(1)])
    await user.click(screen.getByLabelText('转接…'))
    await settled()
    await user.click(within(screen.getByRole('dialog')).getByText('王主管'))
    await user.type(screen.getByLabelText('附言'), '要发票')
    await user.keyboard('{Enter}')
    await soon(() => expect(net.asked('routingTransfer').map(({ body }) => body)).toEqual([{ member_id: 'boss', note: '要发票' }]))
    const until = new Date(Date.now() + 50_000).toISOString()
    const asked = head({ rev: 2, transfer: { by_id: ME, to_id: 'boss', at: until, until } })
    net.tell(changed(1, 2, { head: asked }))
    await soon(() => expect(screen.getByText('等待 王主管 接手')).toBeTruthy())
    net.answers('routingWithdrawTransfer', undefined as never)
    await user.click(screen.getByText('撤回'))
    await soon(() => expect(net.asked('routingWithdrawTransfer')).toHaveLength(1))
    net.tell(changed(2, 3, { head: head({ rev: 3 }) }))
    await soon(() => expect(screen.queryByText('撤回')).toBeNull())
  })
})

describe('company', () => {
  it('is who else looks on', async () => {
    await openThread([message(1)])
    net.tell({ type: 'viewers', conversation_id: 'c1', members: [ME, 'boss'] })
    await soon(() => expect(screen.getByLabelText('正在查看：王主管')).toBeTruthy())
    net.tell({ type: 'viewers', conversation_id: 'c1', members: [ME] })
    await soon(() => expect(screen.queryByLabelText(/正在查看/)).toBeNull())
  })

  it('writes replies and notes, but never is oneself', async () => {
    await openThread([message(1)])
    const typing = { type: 'typing' as const, conversation_id: 'c1', active: true }
    net.tell({ ...typing, author: { kind: 'agent', id: 'boss', name: '王主管' } })
    net.tell({ ...typing, author: { kind: 'agent', id: 'other', name: '周子安' }, note: true })
    net.tell({ ...typing, author: { kind: 'agent', id: ME, name: '小林' } })
    await settled()
    expect(screen.getByText('王主管 正在写回复')).toBeTruthy()
    expect(screen.getByText('周子安 正在写内部备注')).toBeTruthy()
    net.tell({ ...typing, active: false, author: { kind: 'agent', id: 'boss', name: '王主管' } })
    await settled()
    expect(useCompany().writersOf('c1').map(({ id }) => id)).toEqual(['other'])
  })

  it('that answers while one writes is told of before one sends', async () => {
    const { user } = await openComposer()
    await user.type(field(), '您好')
    net.tell(changed(1, 2, { messages: [message(2, { author: { kind: 'agent', id: 'boss', name: '王主管' }, body: '已寄出' })] }))
    await soon(() => expect(screen.getByRole('alert').textContent).toContain('你输入时，王主管 已经回复'))
    expect(screen.getByRole('alert').textContent).toContain('已寄出')
    await user.click(screen.getByLabelText('知道了'))
    await soon(() => expect(screen.queryByRole('alert')).toBeNull())
    net.tell(changed(2, 3, { messages: [message(3, { kind: 'note', author: { kind: 'agent', id: 'boss', name: '王主管' } })] }))
    await settled()
    expect(screen.queryByRole('alert')).toBeNull()
  })
})

describe('a guest', () => {
  it('has it among her own, and is told that she is one', async () => {
    const guest = head({ ...THEIRS, guests: [ME] })
    expect(belongs('mine', guest, ME)).toBe(true)
    expect(belongs('mine', { ...guest, state: 'closed' }, ME)).toBe(false)
    await openThread([message(1)], { snapshot: { head: guest } })
    expect(screen.getByText('你受邀加入，周子安 在接待')).toBeTruthy()
  })
})

describe('who listens in', () => {
  it('whispers, and takes over', async () => {
    net.answers('conversationsGetSupervision', { members: [ME], shown: false })
    net.answers('conversationsAssign', null)
    const permissions = [...me().permissions, 'conversation.supervise' as const]
    const { user } = await openThread([message(1)], { snapshot: { head: head(THEIRS) }, me: { permissions } })
    await soon(() => expect(screen.getByText('客户和 周子安 都看不到你')).toBeTruthy())
    await user.type(field(), '先道歉')
    expect(screen.getByText('发送密语')).toBeTruthy()
    await user.keyboard('{Enter}')
    expect(net.saidOf('send').map(({ kind, body, whisper }) => ({ kind, body, whisper }))).toEqual([{ kind: 'note', body: '先道歉', whisper: true }])
    await user.click(screen.getByText('接管'))
    await soon(() => expect(net.asked('conversationsAssign').map(({ body }) => body)).toEqual([{ seen: 'other' }]))
  })

  it('is asked about only where somebody may', async () => {
    await openThread([message(1)], { snapshot: { head: head(THEIRS) } })
    expect(net.asked('conversationsGetSupervision')).toEqual([])
  })
})
