import { within } from '@testing-library/preact'
import { expect, it, vi } from 'vitest'
import { Far, fireEvent, leavePage, openPanel, pass, person, Room, ui, until } from './stage'

const BROKEN = '连接中断，消息会在恢复后发送'
const line = (text: string) => ui.getByText(text).closest('article')!
const state = (text: string) => within(line(text)).getByRole('img').getAttribute('aria-label')

async function talk(...bodies: string[]) {
  const room = new Room()
  for (const body of bodies) room.add(body)
  return openPanel({ room })
}

/** The line breaks and stays broken for a while. */
async function breaks(far: Far): Promise<void> {
  far.network = 'gone'
  far.line.cut()
  await pass()
}

/** The network is back; the client may be on its way to find out about a stream instead. */
async function returns(far: Far): Promise<void> {
  far.network = 'up'
  dispatchEvent(new Event('online'))
  for (let n = 0; n < 60 && far.line.readyState !== 1; n++) {
    await vi.dynamicImportSettled()
    await pass(500)
  }
}

it('says that the line is down once it is no news of a second, and takes it back', async () => {
  const { far } = await talk('您好')
  await breaks(far)
  await pass(1_000)
  expect(ui.queryByText(BROKEN)).toBeNull()
  await pass(4_000)
  expect(ui.getByText(BROKEN).closest('[role=status]')).toBeTruthy()
  await returns(far)
  expect(ui.queryByText(BROKEN)).toBeNull()
})

it('says nothing of a restart that is over at once', async () => {
  const { far } = await talk('您好')
  far.line.cut(1012)
  await pass(1_001)
  expect(far.lines).toHaveLength(2)
  await pass(3_000)
  expect(ui.queryByText(BROKEN)).toBeNull()
})

it('keeps what is written while the line is down, says so beside it, and sends it in order', async () => {
  const { far, room } = await talk('您好')
  await breaks(far)
  for (const text of ['一', '二', '三']) await person.sends(text)
  expect(state('三')).toBe('等待连接恢复')
  await returns(far)
  expect(room.messages.map(({ body }) => body)).toEqual(['您好', '一', '二', '三'])
  expect(state('三')).toBe('已发送')
  expect(ui.getAllByRole('article')).toHaveLength(4)
})

it('hands unsent messages to the page, and goes on with those of the last page', async () => {
  const first = await talk()
  await breaks(first.far)
  await person.sends('明天见')
  const kept: Record<string, string> = {}
  for (const message of first.told) if (message.kezhan === 'keep' && message.value) kept[message.key] = message.value
  leavePage()
  vi.resetModules()
  const second = await openPanel({ kept })
  await until(() => expect(second.room.messages.map(({ body }) => body)).toEqual(['明天见']))
  const [name] = Object.keys(kept).filter((key) => key.startsWith('out.'))
  await until(() => expect(second.told).toContainEqual({ kezhan: 'keep', key: name, value: null }))
})

it('shows its own message at once, and draws it once whatever comes back how often', async () => {
  const panel = await talk()
  const answer = panel.far.onFrame
  panel.far.onFrame = () => undefined
  await person.sends('在吗')
  expect(state('在吗')).toBe('发送中')
  const article = line('在吗')
  panel.far.onFrame = answer
  const send = panel.far.line.of('send')[0]!
  answer(send, panel.far.line)
  answer(send, panel.far.line)
  await pass()
  expect([ui.getAllByText('在吗').length, state('在吗')]).toEqual([1, '已发送'])
  expect(line('在吗')).toBe(article)
})

it('keeps a refused message with the server’s words, to try again or to throw away', async () => {
  const panel = await talk()
  const answer = panel.far.onFrame
  panel.far.onFrame = (frame, socket) => {
    if (frame.type === 'send') socket.say({ type: 'refused', ref: frame.client_id, code: 'conversations.blocked', title: '内容无法发送' })
  }
  await person.sends('甲')
  await person.sends('乙')
  expect([state('甲'), within(line('乙')).getByText('内容无法发送')]).toMatchObject(['发送失败', {}])
  fireEvent.click(within(line('乙')).getByRole('button', { name: '删除' }))
  await pass()
  expect(ui.queryByText('乙')).toBeNull()
  panel.far.onFrame = answer
  const again = within(line('甲')).getByRole('button', { name: '重试' })
  fireEvent.click(again)
  fireEvent.click(again)
  await pass()
  expect(panel.room.messages.map(({ body }) => body)).toEqual(['甲'])
  expect(state('甲')).toBe('已发送')
})

it('leaves the words in the field when no more messages can wait', async () => {
  const { far } = await talk()
  await breaks(far)
  const field = person.field()
  for (let n = 0; n < 200; n++) {
    field.value = `${n}`
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }))
  }
  await person.sends('一条太多')
  expect(person.field().value).toBe('一条太多')
  expect(ui.getByText(/待发送的消息太多/)).toBeTruthy()
})

it('shows what was said while the line was down', async () => {
  const { far, room } = await talk('一')
  await breaks(far)
  room.add('二')
  room.change(1, { body: '一改', edited_at: '2026-11-22T04:00:00Z' })
  await returns(far)
  expect(ui.getAllByText(/一改|二/).map(({ textContent }) => textContent)).toEqual([expect.stringContaining('一改'), expect.stringContaining('二')])
  expect(ui.queryByText('一')).toBeNull()
})

it('reads everything afresh when the server asks for it', async () => {
  const { far, room } = await talk('一')
  room.add('二')
  await person.hears({ far } as never, { type: 'resync', conversation_id: 'c' })
  expect(ui.getByText('二')).toBeTruthy()
  expect(far.to('/conversations/c')).toHaveLength(2)
})

it('comes back at once when the reader comes back to the page', async () => {
  const { far } = await talk('一')
  await breaks(far)
  far.network = 'up'
  const before = far.lines.length
  document.dispatchEvent(new Event('visibilitychange'))
  await pass()
  expect(far.lines.length).toBe(before + 1)
})

it('says that it is not there for her when the desk has blocked her, and leaves the field as it is', async () => {
  const { far } = await talk('一')
  person.writes('为什么')
  far.line.cut(4403)
  await pass()
  expect(ui.getByText('暂时无法使用在线客服，请刷新页面再试')).toBeTruthy()
  expect([ui.getByText('一').isConnected, person.field().value]).toEqual([true, '为什么'])
})

/** A long conversation of which the last messages are here. */
async function long(far = new Far()) {
  const room = new Room()
  room.add('m7', { seq: 7 })
  room.add('m8')
  const panel = await openPanel({ room, far })
  await until(() => ui.getByRole('button', { name: '查看更早的消息' }))
  const page = (seq: number) => ({ seq, rev: 0, kind: 'text', author: { kind: 'agent', id: 'a' }, at: '2026-11-22T01:00:00Z', body: `m${seq}` }) as const
  far.gives('/conversations/c/messages?before=7', { items: [page(5), page(6)], next: '5' })
  far.gives('/conversations/c/messages?before=5', { items: [page(1)], next: null })
  return panel
}

const numbers = () => ui.getAllByRole('article').map(({ textContent }) => /m\d/.exec(textContent!)![0])

it('reads earlier messages page by page on the wish of the reader, and then there are no more', async () => {
  await long()
  expect(ui.queryByText('您好，有什么可以帮您？')).toBeNull()
  await person.presses('查看更早的消息')
  expect(numbers()).toEqual(['m5', 'm6', 'm7', 'm8'])
  await person.presses('查看更早的消息')
  expect(numbers()).toEqual(['m1', 'm5', 'm6', 'm7', 'm8'])
  expect(ui.queryByRole('button', { name: '查看更早的消息' })).toBeNull()
  expect(ui.getByText('您好，有什么可以帮您？')).toBeTruthy()
})

it('asks once for two presses, and again after an answer that did not come', async () => {
  const { far } = await long()
  far.gives('/conversations/c/messages?before=7', { status: 500 })
  const earlier = ui.getByRole('button', { name: '查看更早的消息' })
  fireEvent.click(earlier)
  fireEvent.click(earlier)
  await pass()
  expect(far.to('/conversations/c/messages?before=7')).toHaveLength(1)
  expect(numbers()).toEqual(['m7', 'm8'])
  far.gives('/conversations/c/messages?before=7', { items: [], next: null })
  await person.presses('查看更早的消息')
  expect(ui.queryByRole('button', { name: '查看更早的消息' })).toBeNull()
})

it('goes on into the conversation before this one', async () => {
  const far = new Far()
  const room = new Room({ id: 'c', opened_at: '2026-11-22T04:00:00.000Z' })
  room.add('jetzt')
  const before = new Room({ id: 'b', opened_at: '2026-11-01T04:00:00.000Z', state: 'closed' })
  before.add('damals')
  room.on(far)
  far.gives('/conversations/b', () => before.snapshot())
  const opening = openPanel({ room, far })
  far.gives('/conversations', [room.head, before.head])
  await opening
  await until(() => ui.getByRole('button', { name: '查看更早的消息' }))
  await person.presses('查看更早的消息')
  await until(() => ui.getByText('damals'))
  const texts = ui.getAllByRole('article').map(({ textContent }) => textContent)
  expect(texts).toEqual([expect.stringContaining('damals'), expect.stringContaining('jetzt')])
  await person.sends('neu')
  expect(far.line.of('send')).toHaveLength(1)
})

/** Gives the log a size, which a document without a screen does not have. */
function sized(height: number) {
  const list = ui.getByRole('log')
  const size = { scrollHeight: height, clientHeight: 300 }
  for (const name of ['scrollHeight', 'clientHeight'] as const) {
    Object.defineProperty(list, name, { configurable: true, get: () => size[name] })
  }
  const scrollTo = (top: number): void => {
    list.scrollTop = top
    fireEvent.scroll(list)
  }
  return { list, size, scrollTo }
}

it('keeps to the newest message while the reader is there, and to her place while she is not', async () => {
  const panel = await talk('一', '二')
  const { list, size, scrollTo } = sized(1000)
  await person.hears(panel, panel.room.add('三'))
  expect(list.scrollTop).toBe(1000)
  scrollTo(400)
  await pass()
  size.scrollHeight = 1100
  await person.hears(panel, panel.room.add('四'))
  expect(list.scrollTop).toBe(400)
  expect(ui.getByRole('button', { name: '1 条新消息' })).toBeTruthy()
  await person.presses('1 条新消息')
  expect([list.scrollTop, ui.queryByRole('button', { name: /新消息|回到最新/ })]).toEqual([1100, null])
})

it('goes to the end for a message of her own, wherever she was reading', async () => {
  const { far } = await talk('一')
  far.onFrame = () => undefined
  const { list, size, scrollTo } = sized(1000)
  await pass()
  fireEvent.scroll(list)
  scrollTo(300)
  await pass()
  expect(ui.getByRole('button', { name: '回到最新' })).toBeTruthy()
  size.scrollHeight = 1050
  await person.sends('我来了')
  expect(list.scrollTop).toBe(1050)
})

it('reads earlier messages near the top, and what she looks at stays where it is', async () => {
  const { far } = await long()
  const { list, size, scrollTo } = sized(1000)
  fireEvent.scroll(list)
  scrollTo(500)
  await pass()
  scrollTo(20)
  // The page comes in above her: the list grows by what it holds as soon as it is drawn.
  Object.defineProperty(list, 'scrollHeight', { configurable: true, get: () => (ui.queryByText('m5') ? 1400 : size.scrollHeight) })
  await until(() => ui.getByText('m5'))
  expect(far.to('/conversations/c/messages?before=7')).toHaveLength(1)
  expect(list.scrollTop).toBe(420)
})

it('says that the line is down also where every attempt fails at once', async () => {
  const { far } = await talk('您好')
  far.network = 'gone'
  far.line.cut()
  for (let n = 0; n < 6; n++) {
    await pass(250)
    dispatchEvent(new Event('online'))
  }
  await pass(10)
  expect(ui.getByText(BROKEN)).toBeTruthy()
})

it('tells after a break where the visitor has gone meanwhile, once', async () => {
  const panel = await talk('您好')
  await breaks(panel.far)
  panel.say({ kezhan: 'page', page: { url: 'https://shop.example/a', title: 'A', referrer: '' } })
  panel.say({ kezhan: 'page', page: { url: 'https://shop.example/b', title: 'B', referrer: '' } })
  await returns(panel.far)
  expect(panel.far.line.of('page')).toEqual([{ type: 'page', url: 'https://shop.example/b', title: 'B' }])
  panel.far.line.cut(1012)
  await pass(1_001)
  expect(panel.far.line.of('page')).toEqual([])
})
