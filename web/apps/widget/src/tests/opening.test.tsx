import { expect, it, vi } from 'vitest'
import type { Chat } from '../panel/chat'
import { Far, openPanel, pass, type Panel, person, Room, ui, until } from './stage'

type Inside = { fetch(this: Chat): Promise<unknown> }

/** The network between the panel and its own parts: what `answer` does with the first request for the conversation. */
async function meanwhile(answer: (go: () => Promise<unknown>) => Promise<unknown>): Promise<void> {
  const inside = (await import('../panel/chat')).Chat.prototype as unknown as Inside
  const own = inside.fetch
  vi.spyOn(inside, 'fetch').mockImplementationOnce(function (this: Chat) {
    return answer(() => own.call(this))
  })
}

async function closed(room = new Room(), far = new Far()): Promise<Panel> {
  const panel = await openPanel({ room, far, open: false })
  await until(() => expect(panel.last('look')).toBeTruthy())
  return panel
}

const opens = (panel: Panel) => panel.say({ kezhan: 'open', open: true, full: true })

it('shows whose chat it is and a way out while the conversation is on its way', async () => {
  let go = (): void => undefined
  await meanwhile((fetch) => new Promise<void>((done) => (go = done)).then(fetch))
  const panel = await closed()
  opens(panel)
  await pass()
  expect(ui.queryByRole('log')).toBeNull()
  expect(ui.getByRole('main').textContent).toContain('山间茶铺')
  await person.presses('收起在线客服')
  expect(panel.last('close')).toBeTruthy()
  go()
  await until(() => ui.getByRole('log'))
  expect(ui.getAllByRole('main')).toHaveLength(1)
  expect(document.activeElement).toBe(person.field())
})

it('calls nothing read that is not on the screen yet', async () => {
  let go = (): void => undefined
  await meanwhile((fetch) => new Promise<void>((done) => (go = done)).then(fetch))
  const room = new Room()
  room.add('您好')
  const panel = await closed(room)
  await until(() => expect(panel.last('unread')).toMatchObject({ count: 1 }))
  opens(panel)
  await person.hears(panel, room.add('在吗'))
  expect(panel.far.line.of('mark').filter(({ read_seq }) => read_seq)).toEqual([])
  go()
  await until(() => ui.getByText('在吗'))
  expect(panel.far.line.of('mark').at(-1)).toMatchObject({ read_seq: 2 })
  expect(panel.last('unread')).toMatchObject({ count: 0 })
  expect(ui.getByText('以下是新消息')).toBeTruthy()
})

it('says that the conversation could not be loaded, calls nothing read, and starts afresh on wish', async () => {
  await meanwhile(() => Promise.reject(new TypeError('Failed to fetch dynamically imported module')))
  const room = new Room()
  room.add('您好')
  const panel = await closed(room)
  opens(panel)
  await until(() => ui.getByRole('alert'))
  expect(ui.getByRole('alert').textContent).toContain('对话没有加载成功，请检查网络')
  await person.hears(panel, room.add('在吗'))
  expect(panel.last('unread')).toMatchObject({ count: 2 })
  expect(panel.far.line.of('mark').filter(({ read_seq }) => read_seq)).toEqual([])
  const reload = vi.spyOn(window.location, 'reload').mockImplementation(() => undefined)
  await person.presses(/重新加载/)
  expect(reload).toHaveBeenCalledOnce()
})

it('tries by itself when it is opened again, and sends what waited', async () => {
  await meanwhile(() => Promise.reject(new TypeError('Failed to fetch dynamically imported module')))
  const panel = await closed()
  opens(panel)
  await until(() => ui.getByRole('alert'))
  panel.say({ kezhan: 'open', open: false, full: true })
  opens(panel)
  await until(() => ui.getByRole('log'))
  await person.sends('你好')
  expect(panel.room.messages.map(({ body }) => body)).toEqual(['你好'])
})

it('shows what waits from another page as soon as it is open', async () => {
  const far = new Far()
  far.network = 'gone'
  const kept = { 'out.a': JSON.stringify({ at: 1, draft: { body: '明天见' }, state: 'waiting' }) }
  await openPanel({ far, kept })
  expect(ui.getByText('明天见')).toBeTruthy()
})

it('fetches what the first opening needs when that is near, draws nothing of it, and is open at once then', async () => {
  const room = new Room()
  room.add('您好')
  const panel = await closed(room)
  panel.say({ kezhan: 'near' })
  panel.say({ kezhan: 'near' })
  await pass()
  expect([ui.queryByRole('log'), panel.far.to('/conversations')]).toEqual([null, []])
  expect(panel.far.line.of('mark').filter(({ read_seq }) => read_seq)).toEqual([])
  opens(panel)
  await pass()
  expect(ui.getByText('您好')).toBeTruthy()
})

it('says nothing when what is near cannot be had, and asks again with the opening', async () => {
  await meanwhile(() => Promise.reject(new TypeError('offline')))
  const panel = await closed()
  panel.say({ kezhan: 'near' })
  await pass()
  expect(ui.queryByRole('alert')).toBeNull()
  opens(panel)
  await until(() => ui.getByRole('log'))
})

it('tells the desk that she left without forgetting where she was, and that she is back from a page the browser kept', async () => {
  const panel = await openPanel()
  const tea = { url: 'https://shop.example/tea', title: '茶' }
  dispatchEvent(new Event('pagehide'))
  dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))
  dispatchEvent(Object.assign(new Event('pageshow'), { persisted: false }))
  expect(panel.far.line.of('page')).toMatchObject([{ url: '' }, tea])
})
