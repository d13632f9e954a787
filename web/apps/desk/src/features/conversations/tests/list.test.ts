import type { ListRow } from '@kezhan/api'
import { screen, within } from '@testing-library/vue'
import { describe, expect, it } from 'vitest'
import { agentMay, me, net, place, settled, soon, visit, type Scene } from '../../../tests/stage'
import { router } from '../../../router'
import { useLists, useThreads } from '..'
import ConversationList from '../components/ConversationList.vue'
import { head, ME, message, snapshot } from './fixtures'

const NAMES = ['陈露', '方圆', '高远']

function row(at: number, more: Partial<ListRow['head']> = {}, read = 1): ListRow {
  const active_at = new Date(Date.UTC(2026, 10, 22, 8, 0, 59 - at)).toISOString()
  return { head: head({ id: `c${at}`, identity_id: `i${at}`, contact_name: NAMES[at] ?? `客户${at}`, active_at, ...more }), read_inbound: read }
}

function open(list = 'mine', id = '', language: 'zh-CN' | 'en' = 'zh-CN'): Promise<Scene> {
  return place(ConversationList, { list, id }, { language })
}

const rows = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('[data-row]')]
const rowOf = (id: string): HTMLElement => document.querySelector<HTMLElement>(`[data-row="${id}"]`)!
const tab = (name: RegExp): HTMLElement => within(screen.getByRole('navigation', { name: '会话列表' })).getByText(name).closest('a')!

describe('a row', () => {
  it.each<[string, Partial<ListRow['head']>, string]>([
    ['the customer’s words', {}, '你好'],
    ['an own answer', { preview: { seq: 2, kind: 'text', author: 'agent', text: '有的' } }, '我：有的'],
    ['a colleague’s answer', { assignee_id: 'x', assignee_name: '周子安', preview: { seq: 2, kind: 'text', author: 'agent', text: '有的' } }, '周子安：有的'],
    ['a picture', { preview: { seq: 2, kind: 'image', author: 'visitor', text: '' } }, '[图片]'],
    ['an own file', { preview: { seq: 2, kind: 'file', author: 'agent', text: '' } }, '我：[文件]'],
    ['a recalled message', { preview: { seq: 2, kind: 'recalled' as never, author: 'visitor', text: '' } }, '消息已撤回'],
    ['a kind of a newer server', { preview: { seq: 2, kind: 'hologram' as never, author: 'visitor', text: '' } }, ''],
  ])('says %s as its last line', async (_, more, said) => {
    net.answers('conversationsList', { items: [row(0, more)] })
    await open('all')
    const name = within(rowOf('c0')).getByText('陈露')
    expect(rowOf('c0').textContent).toContain(`陈露${name.parentElement!.querySelector('time')!.textContent}${said}`)
  })

  it('calls a customer without a name by her number, in the reader’s language', async () => {
    net.answers('conversationsList', { items: [row(0, { contact_name: '', contact_number: '483920' })] })
    await open('mine', '', 'en')
    expect(rowOf('c0').textContent).toContain('Visitor 483920')
  })

  it('counts what has not been read, says so aloud, and stops at 99', async () => {
    net.answers('conversationsList', { items: [row(0, { inbound_count: 3 }, 1), row(1, { inbound_count: 300 }, 1), row(2, { inbound_count: 4 }, 4)] })
    await open()
    expect(within(rowOf('c0')).getByText('2 条未读')).toBeTruthy()
    expect(within(rowOf('c1')).getByText('99+').getAttribute('aria-hidden')).toBe('true')
    expect(within(rowOf('c1')).getByText('299 条未读')).toBeTruthy()
    expect(rowOf('c2').textContent).not.toContain('未读')
  })

  it('tells how long a customer waits instead of when she spoke, and calls a late one late', async () => {
    const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString()
    net.answers('conversationsList', {
      items: [row(0, { state: 'queued', waiting_since: ago(3725) }), row(1, { state: 'queued', waiting_since: ago(20) }), row(2, { state: 'queued' })],
    })
    await open('unassigned')
    expect(within(rowOf('c0')).getByText('等待超时')).toBeTruthy()
    expect(within(rowOf('c0')).getByTitle('已等待 1 小时')).toBeTruthy()
    expect(within(rowOf('c1')).getByText('已等待')).toBeTruthy()
    expect(rowOf('c1').querySelector('time')).toBeNull()
    expect(rowOf('c2').querySelector('time')).toBeTruthy()
  })

  it('names the colleague who serves only where all are listed together', async () => {
    net.answers('conversationsList', { items: [row(0, { assignee_id: 'x', assignee_name: '周子安' }), row(1, { assignee_id: ME, assignee_name: '小林' })] })
    await open('all')
    expect(within(rowOf('c0')).getByTitle('周子安')).toBeTruthy()
    expect(rowOf('c1').textContent).not.toContain('小林')
  })

  it('says that the customer is typing, and not that a colleague is', async () => {
    net.answers('conversationsList', { items: [row(0), row(1)] })
    await open()
    net.tell({ type: 'typing', conversation_id: 'c0', author: { kind: 'visitor' }, body: '请问' })
    net.tell({ type: 'typing', conversation_id: 'c1', author: { kind: 'agent', id: 'x', name: '周子安' } })
    await settled()
    expect(rowOf('c0').textContent).toContain('正在输入…')
    expect(rowOf('c0').textContent).not.toContain('请问')
    expect(rowOf('c1').textContent).not.toContain('正在输入')
    net.tell({ type: 'typing', conversation_id: 'c0', author: { kind: 'visitor' }, active: false })
    await settled()
    expect(rowOf('c0').textContent).toContain('你好')
  })
})

describe('the list', () => {
  it('asks for one page of the list it shows, and marks the open conversation', async () => {
    net.answers('conversationsList', { items: [row(0), row(1)] })
    await open('mine', 'c1')
    expect(net.asked('conversationsList').map((one) => one.query)).toEqual([{ name: 'mine', limit: '50' }])
    expect(rows().map((one) => one.getAttribute('aria-current'))).toEqual([null, 'true'])
  })

  it.each([
    ['mine', '没有进行中的会话', '查看未分配', '/conversations/unassigned'],
    ['unassigned', '没有等待接入的会话', '接入渠道', '/settings/channels'],
    ['all', '没有进行中的会话', '接入渠道', '/settings/channels'],
    ['closed', '还没有结束的会话', null, null],
  ])('%s: says what it is for while it is empty, with one thing to do', async (list, title, act, to) => {
    await open(list)
    expect(screen.getByText(title)).toBeTruthy()
    if (act) expect(screen.getByText(act).closest('a')!.getAttribute('href')).toBe(to)
    else expect(screen.queryByText('接入渠道')).toBeNull()
  })

  it('offers no way to the channels to those who may not see them', async () => {
    net.answers('workspacesGetMe', me({ permissions: agentMay.filter((right) => right !== 'channel.read') }))
    await open('unassigned')
    expect(screen.getByText('没有等待接入的会话')).toBeTruthy()
    expect(screen.queryByText('接入渠道')).toBeNull()
  })

  it('does not call itself empty before it knows', async () => {
    const answer = net.holds('conversationsList')
    await open()
    expect(screen.queryByText('没有进行中的会话')).toBeNull()
    answer({ items: [row(0)] })
    await settled()
    expect(rows()).toHaveLength(1)
  })

  it('says why it could not be read, and reads it when asked again', async () => {
    net.refuses('conversationsList', { status: 503, code: 'kit.busy', title: '服务器正忙，请稍后再试。' })
    const { user } = await open()
    expect(screen.getByRole('alert').textContent).toContain('服务器正忙')
    net.answers('conversationsList', { items: [row(0)] })
    await user.click(screen.getByText('重试'))
    await settled()
    expect(rows()).toHaveLength(1)
    expect(screen.queryByRole('alert')).toBeNull()
  })

  it('keeps what it shows where the next page fails, and says so below', async () => {
    net.answers('conversationsList', { items: [row(0), row(1)], next: 'n1' })
    await open()
    net.breaks('conversationsList')
    await useLists().more('mine')
    await settled()
    expect(rows()).toHaveLength(2)
    expect(screen.getByRole('alert').textContent).toContain('连不上服务器')
  })

  it('shows only unread ones when asked, keeps the open one, and reads on while that is less than a screen', async () => {
    net.answers('conversationsList', ({ query }) => (query.after ? { items: [row(2, { inbound_count: 5 })] } : { items: [row(0), row(1)], next: 'n1' }))
    const { user } = await open('mine', 'c1')
    await user.click(screen.getByText('只看未读'))
    await settled()
    await soon(() => expect(rows().map((one) => one.dataset.row)).toEqual(['c1', 'c2']))
    expect(net.asked('conversationsList').map((one) => one.query.after)).toEqual([undefined, 'n1'])
    expect(screen.getByText('只看未读').closest('button')!.getAttribute('aria-pressed')).toBe('true')
  })

  it('says that all is read where the filter leaves nothing, and takes it off again', async () => {
    net.answers('conversationsList', { items: [row(0)] })
    const { user } = await open()
    await user.click(screen.getByText('只看未读'))
    await settled()
    expect(screen.getByText('都读过了')).toBeTruthy()
    await user.click(screen.getByText('显示全部'))
    await settled()
    expect(rows()).toHaveLength(1)
  })
})

describe('the tabs', () => {
  it('count what is mine and what waits, never what is closed, and stop at 99', async () => {
    net.answers('conversationsCount', { mine: 7, unassigned: 100, all: 50, closed: 60 })
    net.answers('conversationsList', { items: [row(0), row(1)], next: 'more' })
    await open()
    await useLists().count()
    await settled()
    expect(tab(/我的/).textContent).toContain('7')
    expect(tab(/未分配/).textContent).toContain('99+')
    expect(tab(/全部/).textContent!.trim()).toBe('全部')
    expect(tab(/已结束/).textContent!.trim()).toBe('已结束')
    expect(tab(/我的/).getAttribute('aria-current')).toBe('page')
    expect(tab(/未分配/).getAttribute('href')).toBe('/conversations/unassigned')
  })

  it('count what is here where all of it is here, the moment it changes', async () => {
    net.answers('conversationsCount', { mine: 9 })
    net.answers('conversationsList', { items: [row(0), row(1)] })
    await open()
    expect(tab(/我的/).textContent).toContain('2')
    net.tell({ type: 'listed', rev: 1, changes: [{ conversation_id: 'c0', rev: 2, head: head({ id: 'c0', rev: 2, assignee_id: 'x' }) }] })
    await settled()
    expect(tab(/我的/).textContent).toContain('1')
    expect(rows()).toHaveLength(1)
  })
})

describe('the keyboard', () => {
  it('moves through the list with j and k and stops at its ends, and the focus goes along', async () => {
    net.answers('conversationsList', { items: [row(0), row(1)] })
    net.answers('conversationsGet', ({ path }) => snapshot([message(1)], { head: head({ id: path.conversation_id }) }))
    net.refuses('contactsGet', { status: 404, code: 'contacts.not_found', title: '没有' })
    net.refuses('visitsCard', { status: 404, code: 'contacts.not_found', title: '没有' })
    const { user } = await visit('/conversations/mine')
    const at = (): string => router.currentRoute.value.path
    for (const [key, path] of [['j', 'c0'], ['j', 'c1'], ['j', 'c1'], ['k', 'c0'], ['k', 'c0'], ['{ArrowDown}', 'c1']] as const) {
      await user.keyboard(key)
      await soon(() => expect(document.activeElement?.getAttribute('data-row')).toBe(path))
      expect(at()).toBe(`/conversations/mine/${path}`)
    }
    expect(useThreads().watchedId).toBe('c1')
  })
})
