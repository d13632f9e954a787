import { expect, it } from 'vitest'
import { fireEvent, openPanel, pass, person, Room, ui, until } from './stage'

async function talk() {
  const room = new Room()
  room.add('您好')
  return openPanel({ room })
}

const typed = (panel: Awaited<ReturnType<typeof talk>>) => panel.far.line.of('typing').map(({ body, active }) => (active ? body : null))

it('sends on Enter, once, and is ready for the next message', async () => {
  const panel = await talk()
  await person.sends('  几点开门？ ')
  fireEvent.keyDown(person.field(), { key: 'Enter' })
  await pass()
  expect(panel.far.line.of('send').map(({ body }) => body)).toEqual(['几点开门？'])
  expect(person.field().value).toBe('')
})

it('sends by its button, and nothing twice for two presses', async () => {
  const panel = await talk()
  person.writes('你好')
  const send = ui.getByRole<HTMLButtonElement>('button', { name: '发送' })
  fireEvent.click(send)
  fireEvent.click(send)
  await pass()
  expect(panel.far.line.of('send')).toHaveLength(1)
})

it.each([
  ['Shift and Enter, which begins a line', { shiftKey: true }],
  ['Enter that ends a word of an input method', { isComposing: true }],
  ['the same in Safari, which says it by its code', { keyCode: 229 }],
])('does not send on %s', async (_, more) => {
  const panel = await talk()
  person.writes('nihao')
  const went = fireEvent.keyDown(person.field(), { key: 'Enter', ...more })
  expect([went, panel.far.line.of('send'), person.field().value]).toEqual([true, [], 'nihao'])
})

it.each(['', '   ', '\n\n'])('does not send %j', async (text) => {
  const panel = await talk()
  await person.sends(text)
  expect(panel.far.line.of('send')).toEqual([])
})

it('holds back no sign of a message: lines, quotes, emoji, what looks like markup', async () => {
  const panel = await talk()
  const text = '第一行\n"二" <三> 👨‍👩‍👧 \\n &amp;'
  await person.sends(text)
  expect(panel.far.line.of('send')[0]!.body).toBe(text)
  expect(ui.getAllByRole('article').at(-1)!.textContent).toContain(`您 ${text}`)
})

it('tells the agent what is being written at most once a second, and how it stands in the end', async () => {
  const panel = await talk()
  for (const text of ['有', '有没', '有没有', '有没有龙井']) {
    person.writes(text)
    await pass(200)
  }
  expect(typed(panel)).toEqual(['有'])
  await pass(200)
  expect(typed(panel)).toEqual(['有', '有没有龙井'])
})

it('tells that she has stopped: after five seconds, and at once when the field is empty', async () => {
  const panel = await talk()
  person.writes('嗯')
  await pass(5_001)
  expect(typed(panel)).toEqual(['嗯', null])
  person.writes('嗯嗯')
  await pass(100)
  person.writes('')
  await pass(10_000)
  expect(typed(panel)).toEqual(['嗯', null, '嗯嗯', null])
})

it('never tells after a message what was typed before it', async () => {
  const panel = await talk()
  person.writes('你')
  await pass(10)
  await person.sends('你好')
  await pass(10_000)
  const frames = panel.far.line.sent.filter(({ type }) => type === 'send' || type === 'typing')
  const after = frames.slice(frames.findIndex(({ type }) => type === 'send') + 1)
  expect(after.filter((frame) => frame.type === 'typing' && frame.active)).toEqual([])
})

it('tells nobody how an edit is being written, for the agent has the message already', async () => {
  const panel = await talk()
  await person.sends('helo')
  await pass(10_000)
  const before = typed(panel).length
  fireEvent.click(ui.getAllByRole('button', { name: '消息操作' }).at(-1)!)
  await pass()
  await person.picks('编辑')
  person.writes('hell')
  await pass(10_000)
  expect(typed(panel)).toHaveLength(before)
})

it('shows that the agent writes, says it to a screen reader, and takes it back by itself', async () => {
  const panel = await talk()
  const typing = { type: 'typing', conversation_id: 'c', author: { kind: 'agent', name: '周小满' }, active: true } as const
  await person.hears(panel, typing)
  expect(ui.getByText('周小满 正在输入').closest('[role=status]')).toBeTruthy()
  await pass(5_000)
  await person.hears(panel, typing)
  await pass(5_000)
  expect(ui.getByText('周小满 正在输入')).toBeTruthy()
  await pass(1_001)
  expect(ui.queryByText('周小满 正在输入')).toBeNull()
})

it.each([
  ['she stops', (panel: Awaited<ReturnType<typeof talk>>) => person.hears(panel, { type: 'typing', conversation_id: 'c', author: { kind: 'agent' }, active: false })],
  ['her message is here', (panel: Awaited<ReturnType<typeof talk>>) => person.hears(panel, panel.room.add('好的'))],
])('takes it back when %s', async (_, happens) => {
  const panel = await talk()
  await person.hears(panel, { type: 'typing', conversation_id: 'c', author: { kind: 'agent' }, active: true })
  expect(ui.getByText('在线客服 正在输入')).toBeTruthy()
  await happens(panel)
  expect(ui.queryByText(/正在输入/)).toBeNull()
})

it('keeps it while only a mark changes', async () => {
  const panel = await talk()
  await person.hears(panel, panel.room.add('请稍等'))
  await person.hears(panel, { type: 'typing', conversation_id: 'c', author: { kind: 'agent', name: '周小满' }, active: true })
  await person.hears(panel, panel.room.mark('agent', 1, 1))
  expect(ui.getByText('周小满 正在输入')).toBeTruthy()
})

it('asks for its words in the words of the site', async () => {
  await openPanel({ language: 'en' })
  expect(person.field().placeholder).toBe('Write a message…')
})

async function openEmoji(): Promise<HTMLElement> {
  await person.presses('表情')
  return until(() => ui.getByRole('group', { name: '表情' }))
}

it('puts a sign where the caret is and gives the field back', async () => {
  await talk()
  person.writes('谢谢您')
  person.field().setSelectionRange(2, 2)
  const signs = await openEmoji()
  fireEvent.click(ui.getByText('😄'))
  await pass()
  expect(person.field().value).toBe('谢谢😄您')
  expect([document.activeElement, signs.isConnected]).toEqual([person.field(), false])
})

it('puts a sign in place of what is selected', async () => {
  await talk()
  person.writes('好的')
  person.field().setSelectionRange(0, 2)
  await openEmoji()
  fireEvent.click(ui.getByText('👍'))
  expect(person.field().value).toBe('👍')
})

it('is one stop for Tab, and is walked by arrows, stopping at its ends', async () => {
  await talk()
  const signs = [...(await openEmoji()).querySelectorAll('button')]
  expect(signs.filter(({ tabIndex }) => tabIndex === 0)).toEqual([signs[0]])
  expect(document.activeElement).toBe(signs[0])
  for (const [key, at] of [['ArrowRight', 1], ['ArrowDown', 9], ['ArrowLeft', 8], ['ArrowUp', 0], ['ArrowLeft', 0], ['ArrowUp', 0]] as const) {
    await person.keys(key)
    expect(signs.indexOf(document.activeElement as HTMLButtonElement)).toBe(at)
  }
  expect(new Set(signs.map(({ textContent }) => textContent)).size).toBe(signs.length)
})

it('is put away by Escape and by its button, and Escape does not close the panel with it', async () => {
  const panel = await talk()
  await openEmoji()
  await person.keys('Escape')
  expect([ui.queryByRole('group'), panel.last('close')]).toEqual([null, undefined])
  await openEmoji()
  expect(ui.getByRole('button', { name: '表情' }).getAttribute('aria-expanded')).toBe('true')
  await person.presses('表情')
  expect(ui.queryByRole('group')).toBeNull()
})

it('gives an Escape that ends a word of an input method to the input method', async () => {
  const panel = await talk()
  person.writes('ni')
  fireEvent.keyDown(person.field(), { key: 'Escape', isComposing: true })
  expect([panel.last('close'), person.field().value]).toEqual([undefined, 'ni'])
})
