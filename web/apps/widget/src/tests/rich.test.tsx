import { within } from '@testing-library/preact'
import { expect, it } from 'vitest'
import { Far, fireEvent, openPanel, pass, type Panel, person, Room, ui, until } from './stage'

const CARD = {
  is: 'card', text: '您看这款？',
  card: { is: 'product', title: '手冲壶', price: '¥299', url: 'https://shop.example/p/1', image_url: 'javascript:alert(1)' },
  buttons: [{ text: '要蓝色' }, { text: '要红色' }, { text: '看看', url: 'https://shop.example/' }, { text: '坏的', url: 'javascript:alert(1)' }],
}
const button = (name: string) => ui.getByRole<HTMLButtonElement>('button', { name })

async function shown(room: Room, far = new Far()): Promise<Panel> {
  const panel = await openPanel({ far, room })
  await until(() => expect(ui.getByText('手冲壶')).toBeTruthy())
  return panel
}

async function withCard(state = 'assigned'): Promise<Panel> {
  const room = new Room({ state } as never)
  room.mine('有壶吗')
  room.add('您看这款？\n手冲壶\n¥299', { payload: CARD as never })
  return shown(room, new Far().gives('/messages', {}))
}

it('draws a card in place of its words, its links lead to pages alone', async () => {
  await withCard()
  expect(ui.queryByText(/手冲壶\n/)).toBeNull()
  const links = ui.getAllByRole<HTMLAnchorElement>('link').map((link) => [link.textContent, link.getAttribute('href'), link.rel.includes('noopener')])
  expect(links).toEqual([['手冲壶', 'https://shop.example/p/1', true], ['看看 ↗', 'https://shop.example/', true]])
  expect(ui.queryByText(/坏的/)).toBeNull()
})

it('has one of its buttons pressed once', async () => {
  const panel = await withCard()
  fireEvent.click(button('要红色'))
  await pass()
  const thread = panel.room.head.id
  expect(panel.far.to('/messages').map(({ body }) => body)).toEqual([
    { type: 'send', client_id: `tap.${thread}.2`, tap: { conversation_id: thread, seq: 2, button: 1 } },
  ])
  expect([button('要红色').disabled, button('要蓝色').disabled]).toEqual([true, true])
})

it('can be pressed again where it did not go through', async () => {
  const room = new Room()
  room.add('x', { payload: CARD as never })
  await shown(room, new Far().gives('/messages', { status: 409, code: 'cards.no_button', title: '这个按钮已不可用。' }))
  await person.presses('要蓝色')
  expect(ui.getByText('这个按钮已不可用。')).toBeTruthy()
  expect(button('要蓝色').disabled).toBe(false)
})

it('shows what was pressed, and nothing to press once it is over', async () => {
  const room = new Room()
  room.add('x', { payload: CARD as never })
  room.mine('要蓝色', { payload: { is: 'tap', conversation_id: room.head.id, seq: 1, button: 0 } as never })
  await shown(room)
  expect([button('要蓝色').getAttribute('aria-pressed'), button('要红色').disabled]).toEqual(['true', true])
})

it('has nothing to press in a conversation that has ended', async () => {
  await withCard('closed')
  expect(button('要蓝色').disabled).toBe(true)
})

it('shows who has reacted, and tells of her own', async () => {
  const room = new Room()
  room.add('手冲壶', { reactions: [{ party: 'agent', party_id: 'a', emoji: '🎉', name: '林晚晴' }, { party: 'visitor', party_id: 'v', emoji: '👍' }] as never })
  const panel = await shown(room)
  expect(await until(() => button('🎉 林晚晴').getAttribute('aria-pressed'))).toBe('false')
  const reacts = () => panel.far.line.of('react').map(({ emoji }) => emoji)
  fireEvent.click(button('👍 您'))
  fireEvent.click(button('🎉 林晚晴'))
  fireEvent.click(ui.getByRole('button', { name: '消息操作' }))
  await pass()
  fireEvent.click(within(ui.getByRole('menu')).getByRole('menuitemradio', { name: '用 ❤️ 回应' }))
  expect(reacts()).toEqual(['', '🎉', '❤️'])
})

it('offers what the page would have her ask about, sent by one tap and only once', async () => {
  const panel = await openPanel({ far: new Far().gives('/messages', {}) })
  panel.say({ kezhan: 'do', name: 'product', value: { title: '手冲壶', price: 299, url: 'https://shop.example/p/1', onclick: 'x' } })
  await until(() => expect(ui.getByText('手冲壶 · 299')).toBeTruthy())
  const line = ui.getByText('手冲壶 · 299').parentElement!
  fireEvent.click(within(line).getByRole('button', { name: '发送' }))
  await pass()
  const [sent] = panel.far.to('/messages').map(({ body }) => body as { client_id: string })
  expect(sent).toEqual({
    type: 'send', client_id: sent!.client_id, body: '',
    card: { is: 'product', title: '手冲壶', price: '299', url: 'https://shop.example/p/1', image_url: '' },
  })
  expect(ui.queryByText('手冲壶 · 299')).toBeNull()
  for (const nothing of [null, {}, { title: '' }, 'x']) panel.say({ kezhan: 'do', name: 'product', value: nothing })
  await pass()
  expect(panel.far.to('/messages')).toHaveLength(1)
})

it('plays sound by its own controls, and says so where no browser can', async () => {
  const room = new Room()
  const file = (name: string, media_type: string) => ({ kind: 'file', payload: { is: 'file', file_id: name, name, media_type, size: 9 } }) as never
  room.add('手冲壶')
  room.add('', file('留言.mp3', 'audio/mpeg'))
  room.add('', file('留言.amr', 'audio/amr'))
  await shown(room)
  const sound = await until(() => ui.getByLabelText<HTMLAudioElement>('留言.mp3'))
  expect([sound.tagName, sound.controls, sound.autoplay]).toEqual(['AUDIO', true, false])
  expect(ui.getByText('浏览器不能播放这种语音，请下载后收听')).toBeTruthy()
  await person.presses('播放速度 1 倍')
  expect(sound.playbackRate).toBe(1.5)
})
