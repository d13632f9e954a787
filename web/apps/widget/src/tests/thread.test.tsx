import { within } from '@testing-library/preact'
import { expect, it, vi } from 'vitest'
import type { Message } from '../../../../packages/api/src/generated/types.gen'
import { fireEvent, NOON, openPanel, pass, person, Room, ui, until } from './stage'

const now = NOON.toISOString()
const minutes = (n: number): string => new Date(+NOON + n * 60_000).toISOString()
const lines = () => ui.getAllByRole('article')
const line = (text: string) => ui.getByText(text).closest('article')!

/** Opens the actions of the message with `text`. */
async function actions(text: string): Promise<string[]> {
  fireEvent.click(within(line(text)).getByRole('button', { name: '消息操作' }))
  await pass()
  return ui.getAllByRole('menuitem').map(({ textContent }) => textContent!)
}

async function talk(...messages: [string, Partial<Message>?][]) {
  const room = new Room()
  for (const [body, more] of messages) room.add(body, { at: now, ...more })
  return openPanel({ room })
}

const mine: Partial<Message> = { author: { kind: 'visitor', id: 'v' } }

it.each<[string, string, Partial<Message>, string]>([
  ['a text', '您好', {}, '您好'],
  ['a kind it does not know', '', { kind: 'unsupported', payload: { is: 'unsupported', original_kind: 'poll' } }, '暂不支持显示这种消息'],
  ['a recalled message', '', { recalled_at: now }, '消息已撤回'],
  ['a document', '', { kind: 'file', payload: { is: 'file', file_id: 'f', name: '茶单.pdf', media_type: 'application/pdf', size: 2048 } }, '茶单.pdf'],
  ['who has taken over', '', { kind: 'event', author: { kind: 'system' }, payload: { is: 'event', event: 'assigned', target: '李雷' } }, '李雷 为您服务'],
  ['that it goes on', '', { kind: 'event', author: { kind: 'system' }, payload: { is: 'event', event: 'reopened' } }, '会话已恢复'],
])('shows %s', async (_, body, more, text) => {
  await talk([body, more])
  expect(ui.getByText(text)).toBeTruthy()
})

it('keeps from the customer what goes on behind the desk', async () => {
  const room = new Room()
  for (const event of ['opened', 'tagged', 'unassigned', 'constructor']) room.event(event, '李雷')
  room.add('您好')
  await openPanel({ room })
  expect(ui.queryByText(/李雷/)).toBeNull()
  expect(ui.queryByText(/widget_thread/)).toBeNull()
})

it.each([
  '<img src=x onerror=alert(1)>', '<b>fett</b>', '&lt;', '{{7*7}}', '[x](javascript:alert(1))', 'javascript:alert(1)',
])('shows %s as the text it is', async (text) => {
  await talk([text])
  expect(ui.getByText(text, { normalizer: (found) => found })).toBeTruthy()
  expect(ui.getByRole('log').querySelector('img, a, b:not(.name)')).toBeNull()
})

it('makes addresses links that tell the other site nothing', async () => {
  await talk(['看这里：https://shop.example/tea?id=1，谢谢'])
  const link = ui.getByRole<HTMLAnchorElement>('link')
  expect([link.getAttribute('href'), link.target]).toEqual(['https://shop.example/tea?id=1', '_blank'])
  expect(link.rel.split(' ')).toEqual(expect.arrayContaining(['noopener', 'noreferrer']))
})

it('names the speaker once for what she says in a row, and every line to a screen reader', async () => {
  await talk(['一'], ['二'], ['三', mine])
  expect(ui.getAllByText('周小满')).toHaveLength(1 + 2)
  expect(lines().map(({ textContent }) => /周小满 |您 /.exec(textContent!)?.[0])).toEqual(['周小满 ', '周小满 ', '您 '])
})

it('dates each day once, in words where it is near', async () => {
  await talk(['a', { at: '2025-03-01T12:00:00Z' }], ['b', { at: minutes(-3 * 24 * 60) }], ['c', { at: minutes(-24 * 60) }], ['d'], ['e'])
  expect(ui.getByText('2025年3月1日')).toBeTruthy()
  expect(ui.getByText('11月19日')).toBeTruthy()
  expect(ui.getAllByText('昨天')).toHaveLength(1)
  expect(ui.getAllByText('今天')).toHaveLength(1)
})

it('tells the time by the clock of the day, without am and pm', async () => {
  await talk(['下午', { at: minutes(185) }])
  expect(ui.getByText('15:05')).toBeTruthy()
})

it('raises the state of her messages as the agent receives and reads them', async () => {
  const panel = await talk()
  await person.sends('第一')
  const state = () => within(line('第一')).getByRole('img').getAttribute('aria-label')
  expect(state()).toBe('已发送')
  await person.hears(panel, panel.room.mark('agent', 1, 0))
  expect(state()).toBe('已送达')
  await person.hears(panel, panel.room.mark('agent', 1, 1))
  expect(state()).toBe('已读')
  await person.hears(panel, panel.room.mark('agent', 1, 0))
  expect(state()).not.toBe('发送中')
})

it('draws the line above what came while she was away, once, and not above her own words', async () => {
  const room = new Room()
  room.mine('问')
  room.mark('visitor', 1, 1)
  room.add('答一')
  room.add('答二')
  const panel = await openPanel({ room, open: false })
  await pass()
  panel.say({ kezhan: 'open', open: true, full: false })
  await until(() => ui.getByText('以下是新消息'))
  const texts = [...ui.getByRole('log').children].map(({ textContent }) => textContent!)
  expect(texts.findIndex((text) => text.includes('以下是新消息'))).toBe(texts.findIndex((text) => text.includes('答一')) - 1)
  await person.hears(panel, room.add('答三'))
  expect(ui.getAllByText('以下是新消息')).toHaveLength(1)
  panel.say({ kezhan: 'open', open: false, full: false })
  panel.say({ kezhan: 'open', open: true, full: false })
  await pass()
  expect(ui.queryByText('以下是新消息')).toBeNull()
})

it.each<[string, string, Partial<Message>, string[]]>([
  ['her own fresh text', '我的', mine, ['引用', '复制', '编辑', '撤回']],
  ['her own text of eleven minutes ago', '我的', { ...mine, at: minutes(-11) }, ['引用', '复制']],
  ['a text of the agent', '她的', {}, ['引用', '复制']],
])('offers for %s what can be done with it', async (_, body, more, names) => {
  await talk([body, more])
  expect(await actions(body)).toEqual(names)
})

it('offers to take back a file, but not to word it anew', async () => {
  await talk(['', { ...mine, kind: 'file', payload: { is: 'file', file_id: 'f', name: 'a.pdf', media_type: 'x', size: 1 } }])
  expect(await actions('a.pdf')).toEqual(['引用', '撤回'])
})

it('quotes: shows what is answered above the field, sends its number, draws it in the message', async () => {
  const panel = await talk(['几点到？'], ['别的'])
  await actions('几点到？')
  await person.picks('引用')
  expect(document.activeElement).toBe(person.field())
  expect(ui.getByText('几点到？', { selector: 'form *' })).toBeTruthy()
  await person.sends('三点')
  expect(panel.far.line.of('send')).toMatchObject([{ body: '三点', quote_seq: 1 }])
  expect(line('三点').textContent).toContain('周小满 几点到？')
  expect(ui.queryByText('几点到？', { selector: 'form *' })).toBeNull()
  await person.sends('下一句')
  expect(panel.far.line.of('send')[1]).not.toHaveProperty('quote_seq')
})

it.each([
  ['by its button', () => person.presses('取消')],
  ['by Escape', () => person.keys('Escape')],
])('leaves a quote %s without closing the panel', async (_, leave) => {
  const panel = await talk(['几点到？'])
  await actions('几点到？')
  await person.picks('引用')
  await leave()
  expect(ui.queryByText('几点到？', { selector: 'form *' })).toBeNull()
  expect(panel.last('close')).toBeUndefined()
})

it('shows what a quote quotes as it is now: taken back, or not here', async () => {
  await talk(['秘密', { recalled_at: now, body: '' }], ['答', { quote_seq: 1 }], ['远', { quote_seq: 99 }])
  expect(line('答').textContent).toContain('消息已撤回')
  expect(line('远').textContent).toContain('消息已撤回')
  expect(ui.queryByText('秘密')).toBeNull()
})

it('edits: puts the words into the field, sends them under the same number, says that they were changed', async () => {
  const panel = await talk()
  await person.sends('helo')
  await actions('helo')
  await person.picks('编辑')
  expect([person.field().value, ui.getByText('正在编辑')]).toMatchObject(['helo', {}])
  await person.sends('hello')
  expect(panel.far.line.of('edit')).toMatchObject([{ conversation_id: 'c', seq: 1, body: 'hello' }])
  expect(panel.far.line.of('send')).toHaveLength(1)
  expect(within(line('hello')).getByText('已编辑')).toBeTruthy()
  expect([person.field().value, ui.queryByText('正在编辑')]).toEqual(['', null])
})

it('drops an edit by Escape and empties the field, for those words are in the message still', async () => {
  const panel = await talk()
  await person.sends('helo')
  await actions('helo')
  await person.picks('编辑')
  await person.keys('Escape')
  expect([person.field().value, panel.far.line.of('edit')]).toEqual(['', []])
})

it('recalls for both sides, and says so in words', async () => {
  const panel = await talk()
  await person.sends('oops')
  await actions('oops')
  await person.picks('撤回')
  expect(ui.getByText('消息已撤回')).toBeTruthy()
  expect(ui.queryByText('oops')).toBeNull()
  expect(panel.far.line.of('recall')).toHaveLength(1)
})

it('gives the server’s reason for a recall that came too late, and leaves the message', async () => {
  const panel = await talk()
  await person.sends('oops')
  panel.far.onFrame = (frame, line) => {
    if (frame.type === 'recall') line.say({ type: 'refused', ref: frame.ref, code: 'conversations.too_late', title: '超过十分钟，不能撤回' })
  }
  await actions('oops')
  await person.picks('撤回')
  await until(() => ui.getByText(/超过十分钟/))
  expect(ui.getByText('oops')).toBeTruthy()
})

it('gives the server’s reason for an edit that came too late, and the new words back', async () => {
  const panel = await talk()
  await person.sends('helo')
  panel.far.onFrame = (frame, line) => {
    if (frame.type === 'edit') line.say({ type: 'refused', ref: frame.ref, code: 'conversations.too_late', title: '超过十分钟，不能编辑' })
  }
  await actions('helo')
  await person.picks('编辑')
  await person.sends('hello world')
  await until(() => ui.getByText(/超过十分钟/))
  expect(ui.getByText('helo')).toBeTruthy()
  expect([person.field().value, ui.getByText('正在编辑')]).toMatchObject(['hello world', {}])
})

it('shows what the agent rewords and takes back', async () => {
  const panel = await talk(['原价一百'], ['错的'])
  await person.hears(panel, panel.room.change(1, { body: '现价八十', edited_at: now }), panel.room.change(2, { body: '', recalled_at: now }))
  expect(ui.getByText('现价八十')).toBeTruthy()
  expect(ui.queryByText('原价一百')).toBeNull()
  expect(ui.getByText('消息已撤回')).toBeTruthy()
})

it('goes through the actions by the keyboard, round and out again', async () => {
  await talk(['您好'])
  const opener = within(line('您好')).getByRole('button', { name: '消息操作' })
  await actions('您好')
  const [quote, copy] = ui.getAllByRole('menuitem')
  expect(document.activeElement).toBe(quote)
  await person.keys('ArrowDown')
  expect(document.activeElement).toBe(copy)
  const signs = ui.getAllByRole('menuitemradio')
  await person.keys('ArrowDown')
  expect(document.activeElement).toBe(signs[0])
  await person.keys('ArrowUp')
  await person.keys('ArrowUp')
  await person.keys('ArrowUp')
  expect(document.activeElement).toBe(signs.at(-1))
  await person.keys('ArrowDown')
  expect(document.activeElement).toBe(quote)
  await person.keys('Escape')
  expect([document.activeElement, ui.queryByRole('menu'), opener.getAttribute('aria-expanded')]).toEqual([opener, null, 'false'])
})

it('puts the actions away when the focus goes elsewhere', async () => {
  await talk(['您好'])
  await actions('您好')
  fireEvent.focusOut(ui.getAllByRole('menuitem')[0]!, { relatedTarget: person.field() })
  await pass()
  expect(ui.queryByRole('menu')).toBeNull()
})

it('copies the words and nothing around them', async () => {
  const writeText = vi.fn(async () => undefined)
  vi.stubGlobal('navigator', { clipboard: { writeText }, language: 'zh-CN' })
  await talk(['订单号 20261122'])
  await actions('订单号 20261122')
  await person.picks('复制')
  expect(writeText).toHaveBeenCalledExactlyOnceWith('订单号 20261122')
})

it('does not offer to quote into a conversation that is over, and starts another with the next message', async () => {
  const room = new Room({ state: 'closed' })
  room.add('再见')
  const panel = await openPanel({ room })
  expect(await actions('再见')).toEqual(['复制'])
  expect(ui.getByText('会话已结束。再发消息会开始新的会话')).toBeTruthy()
  const next = new Room({ id: 'd', opened_at: '2026-11-23T04:00:00.000Z' })
  panel.far.onFrame = (frame, line) => {
    if (frame.type !== 'send') return
    line.say({ type: 'ack', client_id: frame.client_id, conversation_id: 'd', seq: 1 }, next.become({}), next.mine(frame.body!, { client_id: frame.client_id }))
  }
  await person.sends('还有一件事')
  expect(ui.queryByText('会话已结束。再发消息会开始新的会话')).toBeNull()
  expect([...lines()].map(({ textContent }) => /再见|还有一件事/.exec(textContent!)![0])).toEqual(['再见', '还有一件事'])
})

it('says in a log that can be listened to, and marks nothing as read that was not on the screen', async () => {
  const panel = await talk(['一'])
  expect(ui.getByRole('log').tabIndex).toBe(0)
  expect(panel.far.line.of('mark')).toEqual([{ type: 'mark', conversation_id: 'c', delivered_seq: 1, read_seq: 1 }])
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true)
  await person.hears(panel, panel.room.add('二'))
  expect(panel.far.line.of('mark').at(-1)).toMatchObject({ delivered_seq: 2, read_seq: 1 })
  hidden.mockReturnValue(false)
  document.dispatchEvent(new Event('visibilitychange'))
  await pass()
  expect(panel.far.line.of('mark').at(-1)).toMatchObject({ delivered_seq: 2, read_seq: 2 })
  panel.say({ kezhan: 'open', open: false, full: false })
  await pass()
  await person.hears(panel, panel.room.add('三'))
  expect(panel.far.line.of('mark').at(-1)!.read_seq).toBeLessThan(3)
})

it('keeps what she was writing while she words a message anew, and gives it back', async () => {
  const panel = await talk()
  await person.sends('helo')
  person.writes('还有一个问题')
  await actions('helo')
  await person.picks('编辑')
  expect(person.field().value).toBe('helo')
  await person.keys('Escape')
  expect(person.field().value).toBe('还有一个问题')
  await actions('helo')
  await person.picks('编辑')
  await person.sends('hello')
  expect([panel.far.line.of('edit').length, person.field().value]).toEqual([1, '还有一个问题'])
  await person.sends('还有一个问题')
  expect([panel.far.line.of('send').length, person.field().value]).toEqual([2, ''])
})

it('goes from one message to another with the same draft waiting', async () => {
  await talk()
  await person.sends('甲')
  await person.sends('乙')
  person.writes('草稿')
  for (const text of ['甲', '乙']) {
    await actions(text)
    await person.picks('编辑')
    expect(person.field().value).toBe(text)
  }
  await person.presses('取消')
  expect(person.field().value).toBe('草稿')
})

it('gives new words that were refused back and still keeps the draft behind them', async () => {
  const panel = await talk()
  await person.sends('helo')
  person.writes('草稿')
  panel.far.onFrame = (frame, line) => {
    if (frame.type === 'edit') line.say({ type: 'refused', ref: frame.ref, code: 'conversations.too_late', title: '超过十分钟，不能编辑' })
  }
  await actions('helo')
  await person.picks('编辑')
  await person.sends('hello')
  expect([person.field().value, ui.getByText('正在编辑')]).toMatchObject(['hello', {}])
  await person.keys('Escape')
  expect(person.field().value).toBe('草稿')
})

it.each([
  ['an edit', '编辑', async () => void (await person.sends('hello'))],
  ['a recall', '撤回', async () => undefined],
])('says of %s without a line that nothing has changed, not that it will be sent', async (_, act, finish) => {
  const panel = await talk()
  await person.sends('helo')
  panel.far.network = 'gone'
  panel.far.line.cut()
  await pass()
  await actions('helo')
  await person.picks(act)
  await finish()
  const notice = ui.getByText(/消息没有修改/)
  expect(notice.textContent).not.toContain('发送')
  expect(ui.getByText('helo')).toBeTruthy()
  expect(person.field().value).toBe(act === '编辑' ? 'hello' : '')
})

it('keeps in the field, with a reason, what the server would not take', async () => {
  const panel = await talk()
  const long = '茶'.repeat(10_001)
  await person.sends(long)
  expect([person.field().value.length, panel.far.line.of('send')]).toEqual([10_001, []])
  expect(ui.getByText(/消息太长/)).toBeTruthy()
})
