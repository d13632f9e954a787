import { expect, it, vi } from 'vitest'
import { SESSION } from '../../../../packages/client/src/tests/far'
import { Far, fireEvent, NOON, openPanel, pass, person, Room, SHOP, ui, until } from './stage'

const site = (more: Partial<typeof SESSION.site>, agents_online = true): Far => {
  const far = new Far()
  far.session = { ...SESSION, agents_online, site: { ...SESSION.site, ...more } }
  return far
}

it('greets in the words of the site, once, and says who is there', async () => {
  await openPanel({ far: site({ greeting: '想喝点什么茶？' }) })
  expect(ui.getAllByText('想喝点什么茶？')).toHaveLength(1)
  expect(ui.getByRole('heading', { name: '山间茶铺' })).toBeTruthy()
  expect(ui.getByText('在线')).toBeTruthy()
})

it.each([
  ['zh-CN', ['您好，有什么可以帮您？', '输入消息', '发送', '收起在线客服', '对话内容']],
  ['en', ['Hello, how can we help?', 'Message', 'Send', 'Close the chat', 'Conversation']],
])('speaks %s throughout', async (language, [greeting, field, send, close, log]) => {
  await openPanel({ language })
  expect(ui.getByText(greeting!)).toBeTruthy()
  expect(ui.getByRole('textbox', { name: field! })).toBeTruthy()
  expect(ui.getByRole('button', { name: send! })).toBeTruthy()
  expect(ui.getByRole('button', { name: close! })).toBeTruthy()
  expect(ui.getByRole('log', { name: log! })).toBeTruthy()
  expect(document.documentElement.lang).toBe(language)
})

it('speaks a language of the site where it does not know the visitor’s', async () => {
  await openPanel({ far: site({ languages: ['en'] }), language: 'zh-CN' })
  await until(() => ui.getByText('Hello, how can we help?'))
  expect(document.documentElement.lang).toBe('en')
})

it.each([
  ['zh-CN', '', '客服暂时不在线。请留言，我们上班后尽快回复。', '暂时不在线，可以留言'],
  ['en', '', 'We are away right now. Leave a message and we will reply when we are back.', 'Away, you can leave a message'],
  ['zh-CN', '九点开门', '九点开门', '暂时不在线，可以留言'],
])('says in %s that nobody is there, and takes the message all the same', async (language, offline_text, text, state) => {
  const panel = await openPanel({ far: site({ offline_text }, false), language })
  expect(ui.getByText(text)).toBeTruthy()
  expect(ui.getByText(state)).toBeTruthy()
  await person.sends('在吗')
  expect(panel.room.messages.map(({ body }) => body)).toEqual(['在吗'])
})

it('changes its words when somebody comes to the desk, and when the last one leaves', async () => {
  const panel = await openPanel({ far: site({}, false) })
  await person.hears(panel, { type: 'agents', online: true })
  expect(ui.getByText('在线')).toBeTruthy()
  expect(ui.queryByText(/暂时不在线/)).toBeNull()
  await person.hears(panel, { type: 'agents', online: false })
  expect(ui.getAllByText(/暂时不在线/)).toHaveLength(2)
})

it('wears the workspace’s logo until somebody answers', async () => {
  const room = new Room()
  room.mine('你好')
  const panel = await openPanel({ far: site({ logo: '/f/logo/w/1' }), room })
  const face = () => document.querySelector('.face')!
  await until(() => expect(face().querySelector('img')?.getAttribute('src')).toBe('/f/logo/w/1'))
  await person.hears(panel, room.become({ state: 'assigned', agent: { kind: 'agent', id: 'a', name: '周小满' } }))
  expect([face().querySelector('img'), face().textContent]).toEqual([null, '满'])
})

it('shows who answers from the moment she does, and the site again when she has gone', async () => {
  const room = new Room()
  room.mine('你好')
  const panel = await openPanel({ room })
  expect(ui.getByText('已收到，客服会尽快回复')).toBeTruthy()
  await person.hears(panel, room.become({ state: 'assigned', agent: { kind: 'agent', id: 'a', name: '周小满' } }), room.event('taken', '周小满'))
  expect(ui.getByRole('heading', { name: '周小满' })).toBeTruthy()
  expect(ui.getByText('山间茶铺 · 在线')).toBeTruthy()
  expect(ui.getByText('周小满 为您服务')).toBeTruthy()
  await person.hears(panel, room.become({ state: 'closed', agent: null }), room.event('closed'))
  expect(ui.getByRole('heading', { name: '山间茶铺' })).toBeTruthy()
  expect(ui.getByText('会话已结束')).toBeTruthy()
  expect(ui.getByText('会话已结束。再发消息会开始新的会话')).toBeTruthy()
})

it('carries a long name whole for those who cannot see its end', async () => {
  const name = '亚历山大·谢尔盖耶维奇·伊万诺夫斯基-王 '.repeat(4).trim()
  const room = new Room({ state: 'assigned', agent: { kind: 'agent', id: 'a', name } })
  room.add('您好', { author: { kind: 'agent', id: 'a', name } })
  await openPanel({ room })
  expect(ui.getByRole('heading', { name }).title).toBe(name)
})

it('tells the loader how its bubble looks, in words of the language and in ink that can be read', async () => {
  const panel = await openPanel({ far: site({ accent: '#f0d27a', position: 'left', launcher: false }), language: 'en' })
  await until(() => expect(panel.last('look')).toBeTruthy())
  expect(panel.last('look')!.look).toEqual({
    accent: '#f0d27a', ink: 'black', left: true, launcher: false, open: 'Open the chat', close: 'Close the chat', title: '山间茶铺',
  })
})

it('does not fetch the conversation before it is opened', async () => {
  const room = new Room()
  room.add('欢迎')
  const panel = await openPanel({ room, open: false })
  expect(ui.queryByRole('log')).toBeNull()
  expect(panel.far.to('/conversations')).toEqual([])
  panel.say({ kezhan: 'open', open: true, full: false })
  await until(() => ui.getByRole('log'))
  expect(ui.getByText('欢迎')).toBeTruthy()
  expect(document.activeElement).toBe(person.field())
})

it('takes nobody into the field who did not ask for it', async () => {
  await openPanel({ open: true })
  expect(document.activeElement).not.toBe(person.field())
})

it('tells the page of what is unread, in one line, and takes it back once it is read', async () => {
  const room = new Room()
  room.add('一')
  const panel = await openPanel({ room, open: false })
  await until(() => expect(panel.last('unread')).toBeTruthy())
  expect(panel.last('unread')).toEqual({ kezhan: 'unread', count: 1, text: '周小满：一', label: '打开在线客服，1 条未读' })
  await person.hears(panel, room.add('x'.repeat(500)), room.mine('mine'), room.event('taken', '周小满'))
  expect(panel.last('unread')).toMatchObject({ count: 2, label: '打开在线客服，2 条未读' })
  expect(panel.last('unread')!.text).toHaveLength(120)
  await person.hears(panel, room.change(2, { body: '', recalled_at: NOON.toISOString() }))
  expect(panel.last('unread')).toMatchObject({ count: 1, text: '周小满：一' })
  panel.say({ kezhan: 'open', open: true, full: false })
  await pass()
  expect(panel.last('unread')).toMatchObject({ count: 0, text: '', label: '打开在线客服' })
})

it('names an unread file where there is no text', async () => {
  const room = new Room()
  room.add('', { kind: 'file', payload: { is: 'file', file_id: 'f', name: 'a.pdf', media_type: 'application/pdf', size: 9 } })
  const panel = await openPanel({ room, open: false })
  await until(() => expect(panel.last('unread')).toMatchObject({ text: '周小满：文件' }))
})

it('hears its page and nobody else', async () => {
  const panel = await openPanel({ open: false })
  const forged = { kezhan: 'open', open: true, full: false }
  panel.say(forged, 'https://evil.example')
  panel.say(forged, SHOP, {})
  panel.say({ type: 'something else' })
  await pass()
  expect(ui.queryByRole('log')).toBeNull()
  panel.say({ kezhan: 'do', name: 'identify', value: 'forged' }, 'https://evil.example')
  panel.say({ kezhan: 'hello', kept: { token: 'another' }, page: { url: '' }, open: true, full: false }, 'https://evil.example')
  await pass()
  expect(panel.far.to('/sessions')).toHaveLength(1)
})

it('goes on with the token the page has kept, and gives it every new one', async () => {
  const panel = await openPanel({ kept: { token: 'from before' } })
  expect(panel.far.to('/sessions')[0]!.body.token).toBe('from before')
  expect(panel.told).toContainEqual({ kezhan: 'keep', key: 'token', value: 'tok' })
})

it('starts once, whatever the loader says again', async () => {
  const panel = await openPanel({ open: false })
  panel.say({ kezhan: 'hello', kept: {}, page: { url: `${SHOP}/again` }, open: false, full: false })
  await pass()
  expect(panel.far.to('/sessions')).toHaveLength(1)
  expect(ui.getAllByRole('main')).toHaveLength(1)
})

it('passes on where the visitor is, where she goes, and that she left', async () => {
  const panel = await openPanel()
  expect(panel.far.to('/sessions')[0]!.body.page).toEqual({ url: `${SHOP}/tea`, title: '茶', referrer: '' })
  panel.say({ kezhan: 'page', page: { url: `${SHOP}/cart`, title: '购物车', referrer: '' } })
  await pass()
  dispatchEvent(new Event('pagehide'))
  await pass()
  expect(panel.far.line.of('page').map(({ url }) => url)).toEqual([`${SHOP}/cart`, ''])
})

it('carries out what the page asks for: who she is, what is known of her, what she did', async () => {
  const panel = await openPanel()
  panel.far.gives('/attributes', {})
  panel.say({ kezhan: 'do', name: 'attributes', value: { level: 'gold' } })
  panel.say({ kezhan: 'do', name: 'track', value: '加入 购物车' })
  panel.say({ kezhan: 'do', name: 'unknown', value: 1 })
  await until(() => expect(panel.far.line.of('page')).toHaveLength(1))
  expect(panel.far.to('/attributes')).toMatchObject([{ method: 'PUT', body: { values: { level: 'gold' } } }])
  expect(panel.far.line.of('page')[0]).toEqual({ type: 'page', url: `${SHOP}/tea#${encodeURIComponent('加入 购物车')}`, title: '加入 购物车' })
  panel.say({ kezhan: 'do', name: 'identify', value: 'jwt' })
  await until(() => expect(panel.far.to('/sessions')).toHaveLength(2))
  expect(panel.far.to('/sessions')[1]!.body.identity).toBe('jwt')
})

it('keeps what the page asked for until there is a line, and does it once', async () => {
  const far = new Far()
  far.network = 'gone'
  const panel = await openPanel({ far })
  panel.say({ kezhan: 'do', name: 'track', value: '下单' })
  await vi.dynamicImportSettled()
  far.network = 'up'
  await pass(2_000)
  await until(() => expect(far.line.of('page')).toHaveLength(1))
  far.line.cut(1012)
  await pass(1_001)
  expect(far.line.of('page')).toEqual([])
})

it('shows why a signed identity was refused, until it is put away', async () => {
  const panel = await openPanel()
  panel.far.gives('/sessions', { status: 401, code: 'channels.identity', title: '身份签名无效' })
  panel.say({ kezhan: 'do', name: 'identify', value: 'forged' })
  await until(() => ui.getByText(/身份签名无效/))
  expect(ui.getByText(/身份签名无效/).closest('[role=status]')).toBeTruthy()
  await person.presses('知道了')
  expect(ui.queryByText(/身份签名无效/)).toBeNull()
})

it.each([
  ['zh-CN', '暂时无法使用在线客服，请刷新页面再试'],
  ['en', 'The chat is not available. Reload the page to try again'],
])('says in %s when this site has no chat, instead of waiting for ever', async (language, text) => {
  const far = new Far().gives('/sessions', { status: 404, code: 'channels.unknown_site', title: 'x' })
  far.network = 'silent'
  await openPanel({ far, language })
  await until(() => ui.getByText(text))
  expect(ui.getByText(text).closest('[role=status]')).toBeTruthy()
})

it('is a page of its own at its own address: open, with nothing to close, storage of its own', async () => {
  const panel = await openPanel({ alone: true })
  expect(panel.far.to('/sessions')[0]!.body).toMatchObject({ site_key: 'kzp_1', page: { url: location.href } })
  expect(ui.queryByRole('button', { name: '收起在线客服' })).toBeNull()
  expect([localStorage.getItem('kezhan.kzp_1.token'), document.title]).toEqual(['tok', '山间茶铺'])
  await person.keys('Escape')
  expect(ui.getByRole('log')).toBeTruthy()
  expect(panel.told).toEqual([])
})

it('has nothing to close where it is part of a page', async () => {
  const panel = await openPanel({ embed: true })
  expect(ui.queryByRole('button', { name: '收起在线客服' })).toBeNull()
  await person.keys('Escape')
  expect(panel.last('close')).toBeUndefined()
})

it('asks to be closed by its button and by Escape', async () => {
  const panel = await openPanel()
  await person.presses('收起在线客服')
  await person.keys('Escape')
  expect(panel.told.filter(({ kezhan }) => kezhan === 'close')).toHaveLength(2)
})

it('wears dark where the system does, and changes with it', async () => {
  let wear = (): void => undefined
  const dark = { matches: true, addListener: (told: () => void) => void (wear = told) }
  vi.stubGlobal('matchMedia', () => dark)
  await openPanel({ open: false })
  expect(document.documentElement.className).toBe('dark')
  dark.matches = false
  wear()
  expect(document.documentElement.className).toBe('light')
})

it('keeps Tab inside while it covers the screen, and only then', async () => {
  const panel = await openPanel({ full: true })
  const send = ui.getByRole('button', { name: '发送' })
  const close = ui.getByRole('button', { name: '收起在线客服' })
  send.focus()
  expect(await person.keys('Tab')).toBe(false)
  expect(document.activeElement).toBe(close)
  expect(await person.keys('Tab', { shiftKey: true })).toBe(false)
  expect(document.activeElement).toBe(send)
  panel.say({ kezhan: 'open', open: true, full: false })
  await pass()
  send.focus()
  expect(await person.keys('Tab')).toBe(true)
  fireEvent.keyDown(person.field(), { key: 'Tab' })
  expect(document.activeElement).toBe(send)
})
