import { expect, it } from 'vitest'
import { Far, fireEvent, leavePage, pass, person, Room, ui, until, visit } from './stage'

const frame = () => document.querySelector<HTMLIFrameElement>('iframe#kezhan')!
const closed = () => frame().style.display === 'none'
const bubble = () => document.querySelector<HTMLElement>('aside [aria-expanded]')!
const said = () => bubble().getAttribute('aria-label')

it('goes from the bubble to the field, and by Escape back to the bubble', async () => {
  const { room } = await visit()
  expect(closed()).toBe(true)
  fireEvent.click(bubble())
  await until(() => ui.getByRole('log'))
  await until(() => expect(document.activeElement).toBe(person.field()))
  await person.sends('你好')
  expect(room.messages.map(({ body }) => body)).toEqual(['你好'])
  await person.keys('Escape')
  await until(() => expect(closed()).toBe(true))
  expect(document.activeElement).toBe(bubble())
  expect(document.body.textContent).toContain('你好')
})

it('is the same visitor on the next page, and brings what she could not send on the last one', async () => {
  const first = await visit()
  const token = localStorage.getItem('kezhan.kzp_1.token')
  expect(token).toBe('tok')
  fireEvent.click(bubble())
  await until(() => ui.getByRole('log'))
  first.far.network = 'gone'
  first.far.line.cut()
  await person.sends('明天见')
  leavePage()
  const second = await visit({ room: first.room, far: new Far() })
  expect(second.far.to('/sessions')[0]!.body.token).toBe(token)
  await until(() => expect(first.room.messages.map(({ body }) => body)).toEqual(['明天见']))
  expect(closed()).toBe(false)
  await until(() => expect(Object.keys(localStorage).filter((key) => key.includes('.out.'))).toEqual([]))
})

it('counts on the bubble what arrives while it is closed, and no more once it was opened', async () => {
  const room = new Room()
  room.mine('有人吗')
  const { far } = await visit({ room })
  far.line.say(room.add('在的'), room.add('请讲'))
  await until(() => expect(said()).toBe('打开在线客服，2 条未读'))
  expect(document.querySelector('aside')!.textContent).toContain('周小满：请讲')
  fireEvent.click(bubble())
  await until(() => expect(far.line.of('mark').at(-1)!.read_seq).toBe(3))
  fireEvent.click(bubble())
  await until(() => expect(said()).toBe('打开在线客服'))
})

it('tells the desk each page she goes to, under the address of the page and not of the frame', async () => {
  const { far } = await visit()
  expect(far.to('/sessions')[0]!.body.page).toMatchObject({ url: location.href })
  history.pushState(null, '', '/tea/pu-er')
  await pass(200)
  await until(() => expect(far.line.of('page').map(({ url }) => url)).toEqual([`${location.origin}/tea/pu-er`]))
})

it('says who she is once, whether the page knew before the chat was there or after', async () => {
  Object.assign(window, { kezhan: Object.assign(() => undefined, { q: [['identify', 'signed']] }) })
  const { far } = await visit()
  await until(() => expect(far.to('/sessions').map(({ body }) => body.identity)).toEqual([null, 'signed']))
  await until(() => expect(far.line.of('auth')).toHaveLength(1))
})
