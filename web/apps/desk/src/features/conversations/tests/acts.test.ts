import type { Head, MemberView, Permission } from '@kezhan/api'
import { fireEvent, screen, within } from '@testing-library/vue'
import { describe, expect, it } from 'vitest'
import { agentMay, me, net, place, settled, soon, type Scene } from '../../../tests/stage'
import { aheadTime } from '../../../when'
import ThreadHeader from '../components/ThreadHeader.vue'
import { stepsOf } from '../steps'
import { asField, choices } from '../until'
import { changed, head, ME, message } from './fixtures'
import { openThread } from './scene'

const QUEUED = { state: 'queued', assignee_id: null, assignee_name: '' } as const
const THEIRS = { assignee_id: 'other', assignee_name: '周子安' } as const
const without = (...rights: Permission[]): Permission[] => agentMay.filter((right) => !rights.includes(right))

function thread(more: Partial<Head> = {}): Promise<Scene> {
  return openThread([message(1)], { snapshot: { head: head(more) } })
}

function header(more: Partial<Head> = {}, permissions = agentMay): Promise<Scene> {
  net.answers('workspacesGetMe', me({ permissions }))
  return place(ThreadHeader, { head: head(more), offered: stepsOf(head(more), ME, (right) => permissions.includes(right)), phone: false, sideOpen: false })
}

function member(id: string, name: string, more: Partial<MemberView> = {}): MemberView {
  return { id, user_id: `u-${id}`, name, email: `${id}@tea.example`, role: 'agent', teams: [], ...more } as MemberView
}

async function menu(user: Scene['user']): Promise<(string | null)[]> {
  await user.click(screen.getByLabelText('更多操作'))
  await settled()
  return screen.getAllByRole('menuitem').map((item) => item.textContent)
}

const pick = async (user: Scene['user'], label: string): Promise<void> => {
  await menu(user)
  await user.click(screen.getAllByRole('menuitem').find((item) => item.textContent === label)!)
  await settled()
}

describe('the menu offers', () => {
  it.each<[string, Partial<Head>, Permission[], string[]]>([
    ['of one’s own', {}, agentMay, ['转接…', '邀请同事…', '暂存…', '放回排队', '填写小结', '结束会话', '标为垃圾']],
    ['of a parked one', { parked_at: '2026-11-22T09:00:00.000Z' }, agentMay, ['转接…', '邀请同事…', '修改唤醒时间…', '唤醒', '放回排队', '填写小结', '结束会话', '标为垃圾']],
    ['of one that waits', QUEUED, agentMay, ['接入', '分配给…', '邀请同事…', '结束会话', '标为垃圾']],
    ['of a colleague’s', THEIRS, agentMay, ['接管', '分配给…', '邀请同事…', '暂存…', '放回排队', '结束会话', '标为垃圾']],
    ['of a colleague’s, with the right to listen in', THEIRS, [...agentMay, 'conversation.supervise'], ['接管', '分配给…', '邀请同事…', '旁听', '暂存…', '放回排队', '结束会话', '标为垃圾']],
    ['of one one is a guest in', { ...THEIRS, guests: [ME] }, without('conversation.assign'), ['离开会话', '结束会话', '标为垃圾']],
    ['of a colleague’s, without the right to assign', THEIRS, without('conversation.assign'), ['结束会话', '标为垃圾']],
    ['of one’s own, without the right to assign', {}, without('conversation.assign'), ['转接…', '邀请同事…', '暂存…', '放回排队', '填写小结', '结束会话', '标为垃圾']],
    ['of one that waits, without the right to reply', QUEUED, without('conversation.reply', 'conversation.assign'), ['结束会话', '标为垃圾']],
    ['of a closed one', { state: 'closed', closed_at: '2026-11-22T09:00:00.000Z' }, agentMay, ['重新打开', '标为垃圾']],
    ['of spam', { state: 'closed', spam: true }, agentMay, ['不是垃圾']],
    ['of spam, to who may block', { state: 'closed', spam: true }, [...agentMay, 'contact.block'], ['不是垃圾', '屏蔽客户…']],
  ])('%s', async (_, more, permissions, offered) => {
    const { user } = await header(more, permissions)
    expect(await menu(user)).toEqual(offered)
  })

  it('nothing to those who may only look on', async () => {
    await header(QUEUED, ['conversation.read'])
    for (const label of ['更多操作', '分配给…']) expect(screen.queryByLabelText(label)).toBeNull()
    for (const label of ['接入', '结束会话']) expect(screen.queryByText(label)).toBeNull()
  })
})

// In two parts, of which one gives way to the other.
const line = (said: string): HTMLElement => screen.getByText((_, node) => node?.textContent === said)

describe('the header says', () => {
  it.each<[string, Partial<Head>, string]>([
    ['that it is mine', {}, '网站聊天 · 由你接待'],
    ['who serves', THEIRS, '网站聊天 · 由 周子安 接待'],
    ['that it waits', QUEUED, '网站聊天 · 等待接入'],
    ['until when it is parked', { parked_at: '2026-11-22T09:00:00.000Z', wake_at: '2031-01-02T01:30:00.000Z' }, `网站聊天 · 暂存至 ${aheadTime('zh-CN', new Date('2031-01-02T01:30:00.000Z'), new Date())}`],
    ['that it is closed', { state: 'closed' }, '网站聊天 · 已结束'],
    ['a channel of a newer server by its name', { channel: 'pigeon' }, 'pigeon · 由你接待'],
  ])('%s', async (_, more, said) => {
    await header(more)
    expect(line(said)).toBeTruthy()
  })

  it('whether the customer is there, once it is known', async () => {
    await header()
    net.tell({ type: 'presence', party: 'visitor', id: 'i1', online: true })
    net.tell({ type: 'presence', party: 'visitor', id: 'somebody', online: false })
    await settled()
    expect(line('网站聊天 · 在线 · 由你接待')).toBeTruthy()
    net.tell({ type: 'presence', party: 'visitor', id: 'i1', online: false })
    await settled()
    expect(line('网站聊天 · 离线 · 由你接待')).toBeTruthy()
  })

  it('the new state as soon as the server tells it, not before', async () => {
    net.answers('conversationsClose', null)
    const { user } = await thread()
    await user.click(screen.getByText('结束会话'))
    await settled()
    expect(line('网站聊天 · 由你接待')).toBeTruthy()
    net.tell(changed(1, 2, { head: head({ rev: 2, state: 'closed' }) }))
    await settled()
    expect(line('网站聊天 · 已结束')).toBeTruthy()
  })
})

describe('taking', () => {
  it('asks for oneself, with the proof that it is our page', async () => {
    net.answers('conversationsAssign', null)
    const { user } = await thread(QUEUED)
    await user.click(within(screen.getByText('还没有客服接待，接入后可以回复。').parentElement!).getByText('接入'))
    await settled()
    expect(net.asked('conversationsAssign')).toMatchObject([{ path: { conversation_id: 'c1' }, body: { seen: null } }])
    expect(net.asked('conversationsAssign')[0]!.headers.get('X-Kezhan-CSRF')).toBe('csrf-1')
  })

  it('is under way once, however often the button is pressed', async () => {
    const answer = net.holds('conversationsAssign')
    const { user } = await thread(QUEUED)
    const button = within(screen.getByText('还没有客服接待，接入后可以回复。').parentElement!).getByText('接入').closest('button')!
    await user.click(button)
    await settled()
    expect(button.disabled).toBe(true)
    await user.click(button)
    answer(null)
    await settled()
    expect(net.asked('conversationsAssign')).toHaveLength(1)
    expect(button.disabled).toBe(false)
  })

  it('says who was quicker', async () => {
    net.refuses('conversationsAssign', { status: 409, code: 'conversations.taken', title: '周子安 已接入此会话。' })
    const { user } = await thread(QUEUED)
    await user.click(within(screen.getByText('还没有客服接待，接入后可以回复。').parentElement!).getByText('接入'))
    expect(await screen.findByText('周子安 已接入此会话。')).toBeTruthy()
  })
})

describe('what can be undone', () => {
  it('closing: opens again', async () => {
    net.answers('conversationsClose', null)
    net.answers('conversationsReopen', undefined as never)
    const { user } = await thread()
    await user.click(screen.getByText('结束会话'))
    await user.click(await screen.findByText('撤销'))
    await soon(() => expect(net.asked('conversationsReopen')).toHaveLength(1))
    expect(net.asked('conversationsClose')).toHaveLength(1)
    expect(net.asked('conversationsAssign')).toEqual([])
  })

  it('closing a colleague’s: it goes on with her', async () => {
    net.answers('conversationsClose', null)
    net.answers('conversationsReopen', undefined as never)
    net.answers('conversationsAssign', null)
    const { user } = await thread(THEIRS)
    await user.click(screen.getByText('结束会话'))
    await user.click(await screen.findByText('撤销'))
    await soon(() => expect(net.asked('conversationsAssign').map((one) => one.body)).toEqual([{ member_id: 'other', seen: ME }]))
  })

  it.each<[string, Partial<Head>, string]>([
    ['own', {}, ME],
    ['a colleague’s', THEIRS, 'other'],
  ])('releasing %s: back to the one who had it', async (_, more, backTo) => {
    net.answers('conversationsRelease', undefined as never)
    net.answers('conversationsAssign', null)
    const { user } = await thread(more)
    await pick(user, '放回排队')
    await user.click(await screen.findByText('撤销'))
    await soon(() => expect(net.asked('conversationsAssign').map((one) => one.body)).toEqual([{ member_id: backTo, seen: null }]))
  })

  it('not what was refused: the sentence stands there, without a way back', async () => {
    net.refuses('conversationsClose', { status: 404, code: 'conversations.not_found', title: '会话不存在，或您无权查看。' })
    const { user } = await thread()
    await user.click(screen.getByText('结束会话'))
    expect(await screen.findByText('会话不存在，或您无权查看。')).toBeTruthy()
    expect(screen.queryByText('撤销')).toBeNull()
  })
})

describe('what is no customer’s', () => {
  it('is marked as spam, and taken back it goes on', async () => {
    net.answers('conversationsMarkSpam', null)
    net.answers('conversationsUnmarkSpam', undefined as never)
    net.answers('conversationsReopen', undefined as never)
    const { user } = await thread()
    await pick(user, '标为垃圾')
    await user.click(await screen.findByText('撤销'))
    await soon(() => expect(net.asked('conversationsReopen')).toHaveLength(1))
    expect([net.asked('conversationsMarkSpam'), net.asked('conversationsUnmarkSpam')].map((asked) => asked.length)).toEqual([1, 1])
  })

  it('is blocked for as long as is chosen, with a reason', async () => {
    net.answers('workspacesGetMe', me({ permissions: [...agentMay, 'contact.block'] }))
    net.answers('conversationsBlock', null)
    const { user } = await openThread([message(1)], { me: { permissions: [...agentMay, 'contact.block'] } })
    await pick(user, '屏蔽客户…')
    const dialog = within(screen.getByRole('dialog'))
    await fireEvent.update(dialog.getByLabelText('原因'), ' 广告 ')
    await fireEvent.submit(dialog.getByLabelText('原因').closest('form')!)
    await settled()
    expect(net.asked('conversationsBlock')).toMatchObject([{ path: { contact_id: 'p1' }, body: { hours: 24, reason: '广告' } }])
  })

  it('is blocked in one identity alone where that is chosen', async () => {
    net.answers('workspacesGetMe', me({ permissions: [...agentMay, 'contact.block'] }))
    net.answers('conversationsBlockIdentity', null)
    const { user } = await openThread([message(1)], { me: { permissions: [...agentMay, 'contact.block'] } })
    await pick(user, '屏蔽客户…')
    const dialog = within(screen.getByRole('dialog'))
    await user.click(dialog.getByLabelText(/^只屏蔽这个身份/))
    await fireEvent.submit(dialog.getByLabelText('原因').closest('form')!)
    await settled()
    expect(net.asked('conversationsBlockIdentity')).toHaveLength(1)
    expect(net.asked('conversationsBlock')).toEqual([])
  })

  it('cannot be answered, and says why', async () => {
    await thread({ state: 'closed', spam: true })
    expect(screen.getByText('这个会话已标为垃圾，不能回复。')).toBeTruthy()
    expect(screen.queryByText('重新打开')).toBeNull()
  })
})

describe('parking', () => {
  const dialog = (): HTMLElement => screen.getByRole('dialog')
  const asked = (): unknown[] => net.asked('conversationsPark').map((one) => one.body)

  async function open(more: Partial<Head> = {}): Promise<Scene> {
    net.answers('conversationsPark', null)
    const scene = await thread(more)
    await pick(scene.user, more.parked_at ? '修改唤醒时间…' : '暂存…')
    return scene
  }

  it('asks until when, and tells it; undone, it is taken up again', async () => {
    net.answers('conversationsWake', undefined as never)
    const { user } = await open()
    await user.click(within(dialog()).getByText('明天上午'))
    const tomorrow = choices(new Date()).find(({ name }) => name === 'tomorrow')!.at
    expect(asked()).toEqual([{ until: tomorrow.toISOString() }])
    await user.click(await screen.findByText('撤销'))
    await soon(() => expect(net.asked('conversationsWake')).toHaveLength(1))
  })

  it('waits for the customer alone where that is chosen', async () => {
    const { user } = await open()
    await user.click(within(dialog()).getByText('只等客户的下一条消息'))
    expect(asked()).toEqual([{ until: null }])
  })

  it('changes the time of what is parked, and back', async () => {
    const wake_at = '2031-01-02T01:30:00.000Z'
    const { user } = await open({ parked_at: '2026-11-22T09:00:00.000Z', wake_at })
    const field = within(dialog()).getByLabelText('指定时间') as HTMLInputElement
    expect(field.value).toBe(asField(new Date(wake_at)))
    await fireEvent.update(field, '2031-03-04T10:15')
    await fireEvent.submit(field.closest('form')!)
    await user.click(await screen.findByText('撤销'))
    await soon(() => expect(asked()).toEqual([{ until: new Date('2031-03-04T10:15').toISOString() }, { until: wake_at }]))
  })

  it('takes no moment that is past, and says so', async () => {
    await open()
    const field = within(dialog()).getByLabelText('指定时间')
    await fireEvent.update(field, '2020-03-04T10:15')
    expect(within(dialog()).getByText('这个时间已经过了，请选一个更晚的时间。')).toBeTruthy()
    await fireEvent.submit(field.closest('form')!)
    expect(asked()).toEqual([])
  })
})

describe('assigning', () => {
  const members = [
    member(ME, '小林'),
    member('a', '陈露', { role: 'supervisor' }),
    member('b', '周子安'),
    member('c', '高远', { role: 'inspector' }),
    member('d', '方圆', { role: 'auditor' }),
    member('e', '欧阳', { role: 'owner' }),
  ]
  const dialog = (): HTMLElement => screen.getByRole('dialog')
  const offered = (): (string | null)[] => within(dialog()).queryAllByRole('option').map((item) => item.querySelector('[title]')!.textContent)

  async function open(more: Partial<Head> = {}): Promise<Scene> {
    net.answersIfSilent('workspacesListMembers', { items: members, next: null })
    net.answers('conversationsAssign', null)
    const scene = await thread(more)
    net.tell({ type: 'presence', party: 'agent', id: 'b', online: true })
    await scene.user.click(screen.getByLabelText(more.state === 'queued' ? '分配给…' : '转接…'))
    await settled()
    return scene
  }

  it('offers those who serve, not the one who has it, those at the desk first', async () => {
    await open()
    expect(offered()).toEqual(['周子安', '陈露', '欧阳'])
  })

  it('goes with a word where somebody else was quicker', async () => {
    await open(QUEUED)
    net.tell(changed(1, 2, { head: head({ ...QUEUED, state: 'closed', rev: 2 }) }))
    await soon(() => expect(screen.queryByRole('dialog')).toBeNull())
    // Said on the screen and, a moment long, to who listens.
    expect(screen.getAllByText(/会话刚刚有了变化/).length).toBeGreaterThan(0)
  })

  it('finds by name and says where there is nobody', async () => {
    const { user } = await open()
    await user.type(within(dialog()).getByLabelText('查找同事或小组'), ' 陈')
    expect(offered()).toEqual(['陈露'])
    await user.type(within(dialog()).getByLabelText('查找同事或小组'), '某')
    expect(within(dialog()).getByText('没有找到同事或小组')).toBeTruthy()
  })

  it('gives it to the one chosen, once, and back where that was wrong', async () => {
    const { user } = await open(QUEUED)
    net.answers('conversationsRelease', undefined as never)
    await user.click(within(dialog()).getByText('陈露'))
    await user.click(await screen.findByText('撤销'))
    expect(net.asked('conversationsAssign').map((one) => one.body)).toEqual([{ member_id: 'a', seen: null }])
    await soon(() => expect(net.asked('conversationsRelease')).toMatchObject([{ query: { seen: 'a' } }]))
  })

  it('says why the colleagues could not be read, and reads them when asked again', async () => {
    net.refuses('workspacesListMembers', { status: 503, code: 'kit.busy', title: '服务器正忙。' })
    const { user } = await open()
    expect(within(dialog()).getByRole('alert').textContent).toContain('服务器正忙。')
    net.answers('workspacesListMembers', { items: members, next: null })
    await user.click(within(dialog()).getByText('重试'))
    await settled()
    expect(offered()).toHaveLength(3)
  })

  it('reads every page of colleagues', async () => {
    net.answers('workspacesListMembers', ({ query }) => (query.after ? { items: members.slice(2, 3) } : { items: members.slice(0, 2), next: 'n1' }))
    await open()
    expect(offered()).toEqual(['周子安', '陈露'])
  })
})

describe('a conversation that cannot be read', () => {
  it('says why, shows nothing of it, and is read when asked again', async () => {
    net.refuses('conversationsGet', { status: 404, code: 'conversations.not_found', title: '会话不存在，或您无权查看。' })
    const { user } = await thread()
    expect(screen.getByRole('alert').textContent).toContain('会话不存在，或您无权查看。')
    expect(screen.queryByRole('log')).toBeNull()
    net.answers('conversationsGet', { head: head(), rev: 1, messages: [message(1)], marks: [] })
    await user.click(screen.getByText('重试'))
    await settled()
    expect(screen.getByRole('log').textContent).toContain('m1')
  })

  it('is no empty conversation while it is on its way', async () => {
    const answer = net.holds('conversationsGet')
    await thread()
    expect(screen.queryByRole('log')).toBeNull()
    expect(screen.getByRole('region', { name: '正在读取' })).toBeTruthy()
    answer({ head: head(), rev: 1, messages: [message(1)], marks: [] })
    await settled()
    expect(screen.getByRole('region', { name: '访客 483920' })).toBeTruthy()
  })
})
