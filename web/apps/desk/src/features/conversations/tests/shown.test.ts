import type { Message } from '@kezhan/api'
import { screen, within } from '@testing-library/vue'
import { describe, expect, it, vi } from 'vitest'
import { net, settled, soon } from '../../../tests/stage'
import { useOutbox, useThreads } from '..'
import { changed, head, mark, ME, message } from './fixtures'
import { openMessages } from './scene'

const me = { kind: 'agent' as const, id: ME, name: '小林' }
const colleague = { kind: 'agent' as const, id: 'other', name: '周子安' }
const system = { kind: 'system' as const }
const log = (): HTMLElement => screen.getByRole('log')
const bubble = (seq: number): HTMLElement => log().querySelector<HTMLElement>(`[data-seq="${seq}"]`)!
const file = (name: string, more = {}): Message['payload'] => ({ is: 'file', file_id: 'f1', name, media_type: 'text/plain', size: 2048, ...more })
const linked = { id: 'f1', name: 'x', media_type: 'image/png', size: 1, url: '/f/f1?s=1', expires_at: '2099-01-01T00:00:00.000Z' } as never

describe('each kind of message', () => {
  it.each<[string, Partial<Message>, string]>([
    ['a text', { body: '你好\n两行' }, '你好\n两行'],
    ['a text that looks like a page', { body: '<img src=x onerror=alert(1)>' }, '<img src=x onerror=alert(1)>'],
    ['a note', { kind: 'note', author: me, body: '老客户' }, '内部老客户'],
    ['a file with its size', { kind: 'file', payload: file('价目.pdf') }, '价目.pdf2 KB'],
    ['a large file', { kind: 'file', payload: file('录像.mp4', { size: 13_300_000 }) }, '12.7 MB'],
    ['a file with words below it', { kind: 'file', body: '请看', payload: file('a.txt', { size: 3 }) }, '请看'],
    ['a recalled one', { kind: 'text', body: '', recalled_at: '2026-11-22T08:02:00.000Z' }, '消息已撤回'],
    ['one of another platform', { kind: 'unsupported', payload: { is: 'unsupported', original_kind: 'red_packet', summary: '恭喜发财' } }, '暂不支持显示这种消息（red_packet） 恭喜发财'],
    ['an edited one', { body: '明前', edited_at: '2026-11-22T08:02:00.000Z' }, '已编辑'],
  ])('%s is shown as what it is', async (_, more, words) => {
    await openMessages([message(1, more)])
    expect(bubble(1).textContent!.replace(/[ \t]+/g, ' ')).toContain(words)
    expect(log().querySelector('img[src="x"]')).toBeNull()
  })

  it.each([
    ['opened', '访客发起会话'],
    ['taken', '小周 接入会话'],
    ['assigned', '小周 将会话分配给 小林'],
    ['released', '小周 将会话放回排队'],
    ['closed', '小周 结束了会话'],
    ['reopened', '小周 重新打开了会话'],
    ['teleported', 'teleported'],
  ])('the event “%s” is one quiet line without a menu', async (event, words) => {
    await openMessages([message(1, { kind: 'event', author: system, body: '', payload: { is: 'event', event, actor: '小周', target: '小林' } })])
    expect(log().textContent).toContain(words)
    expect(screen.queryByLabelText('消息操作')).toBeNull()
  })

  it.each([
    ['closed', '客户没有再说话，会话已自动结束'],
    ['reopened', '客户再次来访，会话继续'],
    ['due', '暂存的时间到了，请继续这个会话'],
  ])('the event “%s” that nobody of us has caused says why', async (event, words) => {
    await openMessages([message(1, { kind: 'event', author: system, body: '', payload: { is: 'event', event } })])
    expect(log().textContent).toContain(words)
  })

  it('leads to the conversations before and after, once the beginning is here', async () => {
    const one = (id: string, state: 'closed' | 'queued'): object => ({ id, channel: 'webchat', state, opened_at: '2026-11-20T08:00:00.000Z', closed_at: null })
    net.answers('conversationsLinks', { previous: one('c0', 'closed'), next: one('c2', 'queued') } as never)
    await openMessages([message(1)])
    expect(within(log()).getAllByRole('link').map((link) => link.getAttribute('href'))).toEqual(['/conversations/closed/c0', '/conversations/all/c2'])
    expect(log().textContent).toContain('的上一次会话')
  })

  it('words of the house itself stand on our side, as said by a machine', async () => {
    await openMessages([message(1), message(2, { author: { ...system, id: 'c1' }, body: '您好，这里是客栈。' })])
    expect(bubble(2).textContent).toMatch(/自动回复.*您好，这里是客栈。/)
    expect(bubble(2).className).toContain('flex-row-reverse')
  })

  it('hides what a recalled message was: no words, no picture, no quote, no ticks, nothing to do', async () => {
    const gone = { recalled_at: '2026-11-22T08:02:00.000Z', body: 'secret', quote_seq: 1, payload: file('secret.pdf') }
    await openMessages([message(1), message(2, { author: me, kind: 'file', ...gone })])
    expect(bubble(2).textContent).not.toContain('secret')
    expect(within(bubble(2)).queryByLabelText('查看被引用的消息')).toBeNull()
    expect(within(bubble(2)).queryByLabelText('消息操作')).toBeNull()
    expect(bubble(2).textContent).not.toContain('已发送')
  })

  it('links web addresses and nothing else, in a tab that knows nothing of us', async () => {
    await openMessages([message(1, { body: '看 https://tea.example/a 和 javascript:alert(1)' })])
    const links = within(log()).getAllByRole('link', { hidden: true })
    expect(links.map((link) => [link.getAttribute('href'), link.getAttribute('target'), link.getAttribute('rel')])).toEqual([
      ['https://tea.example/a', '_blank', 'noopener noreferrer nofollow'],
    ])
  })
})

describe('who speaks', () => {
  it('is told to a screen reader once per group, and seen for colleagues', async () => {
    await openMessages([message(1), message(2), message(3, { author: colleague }), message(4, { author: me })], { snapshot: { head: head({ contact_name: '陈露' }) } })
    expect(log().getAttribute('aria-label')).toBe('与 陈露 的消息')
    expect(within(log()).getAllByText('陈露')).toHaveLength(1)
    expect(within(bubble(3)).getByTitle('周子安')).toBeTruthy()
    expect(within(bubble(4)).queryByTitle('小林')).toBeNull()
    expect(within(bubble(4)).getByText('小林')).toBeTruthy()
  })

  it('is told of a quote, whose place it leads to', async () => {
    const { user } = await openMessages([message(1, { body: '有货吗' }), message(2, { author: me, quote_seq: 1 }), message(3, { author: me, quote_seq: 77 })])
    const quote = within(bubble(2)).getByLabelText('查看被引用的消息')
    expect(quote.textContent).toBe('访客 483920有货吗')
    expect(within(bubble(3)).getByLabelText('查看被引用的消息').textContent).toBe('更早的一条消息')
    const seen = vi.spyOn(bubble(1), 'scrollIntoView')
    await user.click(quote)
    await settled()
    expect(seen).toHaveBeenCalledOnce()
  })

  it('finds a quote above the loaded pages by reading them', async () => {
    net.answers('conversationsOlder', { items: [message(51), message(52)], next: null })
    const { user } = await openMessages([message(53, { author: me, quote_seq: 51 })])
    await user.click(within(bubble(53)).getByLabelText('查看被引用的消息'))
    await soon(() => expect(bubble(51)).toBeTruthy())
    expect(net.asked('conversationsOlder')[0]).toMatchObject({ path: { conversation_id: 'c1' }, query: { before: '53' } })
  })
})

describe('the ticks of an own message', () => {
  const own = [message(1), message(2, { author: me, client_id: 'x' })]

  it('follow how far the customer has come, and only forward', async () => {
    await openMessages(own)
    const tick = (): string => bubble(2).querySelector('time')!.parentElement!.textContent!.replace(/[\d: ]/g, '')
    expect(tick()).toBe('已发送')
    net.tell(changed(2, 3, { marks: [mark({ delivered_seq: 2, rev: 3 })] }))
    await settled()
    expect(tick()).toBe('已送达')
    net.tell(changed(3, 4, { marks: [mark({ delivered_seq: 2, read_seq: 2, rev: 4 })] }))
    await settled()
    expect(tick()).toBe('已读')
    net.tell(changed(4, 5, { marks: [mark({ delivered_seq: 2, rev: 1 })] }))
    await settled()
    expect(tick()).toBe('已读')
  })

  it('stand under the last of a group only, and never under notes or the customer’s', async () => {
    await openMessages([...own, message(3, { author: me }), message(4, { author: me, kind: 'note' })])
    expect(log().textContent!.match(/已发送/g)).toHaveLength(1)
    expect(bubble(3).textContent).toContain('已发送')
    expect(bubble(4).textContent).not.toContain('已发送')
  })
})

describe('an own message on its way', () => {
  it('is shown at once, keeps its place when stored, and is there once', async () => {
    await openMessages([message(1)])
    useOutbox().say('c1', 'text', '马上')
    await settled()
    expect(log().textContent).toContain('发送中')
    const { client_id } = net.saidOf('send')[0]!
    net.tell({ type: 'ack', client_id, conversation_id: 'c1', seq: 2 })
    net.tell(changed(1, 2, { messages: [message(2, { author: me, client_id, body: '马上', at: new Date().toISOString() })] }))
    await settled()
    expect(within(log()).getAllByText('马上')).toHaveLength(1)
    expect(log().textContent).toContain('已发送')
    expect(log().textContent).not.toContain('发送中')
  })

  it('says why it was refused, aloud, and is sent again or dropped by its menu', async () => {
    const onAct = vi.fn()
    const { user } = await openMessages([], { props: { onAct } })
    useOutbox().say('c1', 'text', '再试')
    const { client_id } = net.saidOf('send')[0]!
    net.tell({ type: 'refused', ref: client_id, code: 'conversations.closed', title: '会话已结束，重新打开后才能发送。' })
    await settled()
    expect(screen.getByRole('alert').textContent).toBe('会话已结束，重新打开后才能发送。')
    expect(log().textContent).toContain('没有发出')
    await user.click(screen.getByLabelText('消息操作'))
    await settled()
    expect(screen.getAllByRole('menuitem').map((item) => item.textContent)).toEqual(['重新发送', '删除'])
    await user.click(screen.getByRole('menuitem', { name: '重新发送' }))
    expect(onAct).toHaveBeenCalledExactlyOnceWith('retry', expect.objectContaining({ key: client_id }))
  })

  it('offers nothing to do while it is on its way', async () => {
    await openMessages([])
    useOutbox().say('c1', 'text', '…')
    await settled()
    expect(screen.queryByLabelText('消息操作')).toBeNull()
  })
})

describe('the menu of a message', () => {
  const fresh = (more: Partial<Message> = {}): Message => message(1, { author: me, at: new Date().toISOString(), ...more })
  const old = (more: Partial<Message> = {}): Message => fresh({ at: new Date(Date.now() - 11 * 60_000).toISOString(), ...more })

  it.each<[string, Message, object, string[]]>([
    ['own text', fresh(), {}, ['引用', '复制', '转发', '编辑', '撤回']],
    ['own note', fresh({ kind: 'note' }), {}, ['复制', '编辑', '撤回']],
    ['own picture', fresh({ kind: 'image', body: '', payload: file('a.png') }), {}, ['引用', '转发', '撤回']],
    ['own text after ten minutes', old(), {}, ['引用', '复制', '转发']],
    ['a colleague’s text', fresh({ author: colleague }), {}, ['引用', '复制', '转发']],
    ['the customer’s text', fresh({ author: { kind: 'visitor', id: 'i1' } }), {}, ['引用', '复制', '转发']],
    ['own text in a closed conversation', fresh(), { snapshot: { head: head({ state: 'closed' }) } }, ['复制']],
    ['own text of somebody who may only look on', fresh(), { me: { permissions: ['conversation.read'] } }, ['复制']],
  ])('%s', async (_, one, setting, offered) => {
    net.answers('conversationsFileAddress', linked)
    const { user } = await openMessages([one], setting)
    await user.click(screen.getByLabelText('消息操作'))
    await settled()
    // The signs above are a finger's, which has no button for them beside the message.
    expect(screen.getAllByRole('menuitem').filter((item) => !item.getAttribute('aria-label')).map((item) => item.textContent)).toEqual(offered)
  })

  it('is reached by one tab stop and walked with the arrows', async () => {
    const { user } = await openMessages([message(1), message(2), message(3)])
    const menus = screen.getAllByLabelText('消息操作')
    expect(menus.map((menu) => menu.tabIndex)).toEqual([-1, -1, 0])
    menus[2]!.focus()
    await user.keyboard('{ArrowUp}{ArrowUp}{ArrowUp}')
    expect(document.activeElement).toBe(menus[0])
    await user.keyboard('{ArrowDown}')
    expect(document.activeElement).toBe(menus[1])
  })
})

describe('what is typed elsewhere', () => {
  const typing = (more = {}): void => net.tell({ type: 'typing', conversation_id: 'c1', author: { kind: 'visitor', id: 'i1' }, ...more })

  it('is previewed for the customer’s words and gone when her message is here', async () => {
    await openMessages([message(1)])
    typing({ body: '有没有<b>礼盒</b>' })
    await settled()
    expect(log().textContent).toContain('访客 483920 正在输入有没有<b>礼盒</b>')
    net.tell(changed(1, 2, { messages: [message(2, { body: '有没有礼盒' })] }))
    await settled()
    expect(log().textContent).not.toContain('正在输入')
  })

  it('is the customer’s alone: of a colleague’s words nothing stands there', async () => {
    await openMessages([message(1)])
    typing({ author: colleague, body: 'draft' })
    await settled()
    expect(log().textContent).not.toContain('正在输入')
    expect(log().textContent).not.toContain('draft')
  })

  it('goes by itself after six seconds without another word', async () => {
    await openMessages([message(1)])
    vi.useFakeTimers()
    typing()
    vi.advanceTimersByTime(4000)
    typing()
    vi.advanceTimersByTime(5000)
    expect(useThreads().typing.size).toBe(1)
    vi.advanceTimersByTime(1100)
    expect(useThreads().typing.size).toBe(0)
  })
})
