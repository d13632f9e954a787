import { expect, it } from 'vitest'
import type { SessionOut, VisitorEvent } from '../../../../packages/api/src/generated/types.gen'
import { SESSION } from '../../../../packages/client/src/tests/far'
import { Far, fireEvent, NOON, openPanel, pass, type Panel, person, Room, ui, until } from './stage'

type Told = Extract<VisitorEvent, { type: 'place' }>
type Site = SessionOut['site']

const frame = (more: Partial<Told> = {}): Told => ({ type: 'place', conversation_id: 'c', state: 'waiting', place: 3, wait: [120, 240], long: false, ...more })
const OUTLOOK = '/outlook?site_key=kzp_1'
const card = () => ui.queryByRole('region', { name: '排队情况' })
const field = (name: string) => ui.getByLabelText(name) as HTMLInputElement

function open(outlook: object = { open: true, waiting: 0 }, site: Partial<Site> = {}, agents_online = true): Far {
  const far = new Far()
  far.session = { ...SESSION, agents_online, site: { ...SESSION.site, ...site } }
  return far.gives(OUTLOOK, outlook)
}

/** She has written and waits. */
async function waits(far = open(), told: Partial<Told> = {}, room = new Room()): Promise<Panel> {
  room.mine('你好')
  const panel = await openPanel({ far, room })
  await until(() => expect(ui.getByText(/已收到|暂时不在线|非工作/)).toBeTruthy())
  await person.hears(panel, frame(told))
  return panel
}

// While she waits

it('says where she stands and moves with it in the same place', async () => {
  const panel = await waits()
  expect(card()!.textContent).toContain('您排在第 3 位 · 预计 2–4 分钟')
  const stands = card()!.querySelector('p')
  await person.hears(panel, frame({ place: 1, wait: [0, 60] }))
  expect(card()!.querySelector('p')).toBe(stands)
  expect(stands!.textContent).toBe('您排在第 1 位 · 预计 不到 1 分钟')
})

it('asks where she stands when the line is new, and shows nothing where she does not wait', async () => {
  const far = open().gives('/place', frame({ place: 7 }))
  const room = new Room()
  room.mine('你好')
  const panel = await openPanel({ far, room })
  await until(() => expect(card()!.textContent).toContain('第 7 位'))
  far.gives('/place', {})
  far.line.cut()
  await pass(3_000)
  await until(() => expect(panel.far.to('/place').length).toBeGreaterThan(1))
  await until(() => expect(card()).toBeNull())
})

it('says calmly that nobody will answer where she is blocked, and has the field again afterwards', async () => {
  const room = new Room({ blocked: true })
  room.mine('你好')
  const panel = await openPanel({ far: open(), room })
  await until(() => expect(ui.getByText('我们暂时无法在这里回复您。您已发送的消息会保留。')).toBeTruthy())
  expect([field('输入消息').closest('form')!.hidden, ui.queryByText('在线'), card()]).toEqual([true, null, null])
  const clipboardData = { files: [new File(['x'], '茶.png', { type: 'image/png' })] }
  fireEvent.paste(window, { clipboardData })
  await pass()
  expect(panel.far.uploads).toHaveLength(0)
  await person.hears(panel, room.become({ state: 'closed', blocked: false }))
  expect([field('输入消息').closest('form')!.hidden, ui.queryByText(/暂时无法/)]).toEqual([false, null])
})

it('does not ask where nothing waits', async () => {
  const room = new Room({ state: 'assigned', agent: { kind: 'agent', id: 'a', name: '周小满' } })
  room.add('您好')
  const panel = await openPanel({ far: open(), room })
  await pass(60_000)
  expect([panel.far.to('/place'), panel.far.to(OUTLOOK), card()]).toEqual([[], [], null])
})

it('goes when somebody serves her, and says who', async () => {
  const panel = await waits()
  await person.hears(panel, frame({ state: 'offered', place: null, wait: null }))
  expect(card()!.textContent).toBe('正在为您接通…')
  const { room } = panel
  await person.hears(panel, room.event('routed', '周小满'), room.become({ state: 'assigned', agent: { kind: 'agent', id: 'a', name: '周小满' } }))
  expect(card()).toBeNull()
  expect(ui.getByText('周小满 为您服务')).toBeTruthy()
})

it('goes when the server says that she waits no more', async () => {
  const panel = await waits()
  await person.hears(panel, frame({ state: 'none', place: null, wait: null }))
  expect(card()).toBeNull()
})

it('tells a reader aloud how she stands at most every fifteen seconds, and the newest then', async () => {
  const panel = await waits()
  await pass()
  const aloud = () => ui.getAllByRole('status').map(({ textContent }) => textContent).find((text) => text?.includes('第'))
  await until(() => expect(aloud()).toContain('第 3 位'))
  for (const place of [2, 1]) {
    await pass(4_000)
    await person.hears(panel, frame({ place, wait: null }))
  }
  expect(aloud()).toContain('第 3 位')
  await pass(7_500)
  expect(aloud()).toBe('您排在第 1 位')
})

it('says when we are back while we are closed', async () => {
  const opens_at = new Date(NOON.getTime() + 2 * 3_600_000).toISOString()
  await waits(open({ open: false, waiting: 0, opens_at }), { state: 'closed', place: null, wait: null, opens_at })
  expect(card()!.textContent).toMatch(/现在是非工作时间，今天.14:00 恢复；您可以先留言/)
  expect(ui.getByText('现在是非工作时间')).toBeTruthy()
  expect(document.querySelector('.present'), 'whoever is at a desk is not there for her').toBeNull()
})

// What else she can do

it('lets her leave the queue, says so in the words of the site, and lets her come back', async () => {
  const far = open({ open: true, waiting: 0 }, { message_text: '掌柜看到后回复您' })
  const panel = await waits(far)
  far.gives('/place', frame({ state: 'message', place: null, wait: null }))
  await person.presses('不等了')
  expect(panel.far.to('/place').map(({ method }) => method).filter((one) => one !== 'GET')).toEqual(['DELETE'])
  await until(() => expect(card()!.textContent).toContain('掌柜看到后回复您'))
  expect(document.activeElement).toBe(card())
  far.gives('/place', frame())
  await person.presses('重新排队')
  expect(panel.far.to('/place').map(({ method }) => method)).toContain('PUT')
  await until(() => expect(card()!.textContent).toContain('第 3 位'))
})

it('does not offer to come back to whom the house has asked for a message', async () => {
  await waits(open(), { state: 'message', place: null, wait: null })
  expect(ui.queryByRole('button', { name: '重新排队' })).toBeNull()
  expect(ui.getByRole('button', { name: '留下联系方式' })).toBeTruthy()
})

it('offers other ways when it takes long, and none of them once she says that she stays', async () => {
  await waits(open(), { long: true })
  for (const name of ['改为留言', '留下联系方式', '继续等待']) expect(ui.getByRole('button', { name })).toBeTruthy()
  expect(ui.queryByRole('button', { name: '不等了' })).toBeNull()
  await person.presses('继续等待')
  expect(ui.queryByRole('button', { name: '改为留言' })).toBeNull()
  expect(ui.getByRole('button', { name: '不等了' })).toBeTruthy()
})

it('sends where she is to be reached, once, and says that it has come', async () => {
  const far = open().gives('/callback', {})
  const panel = await waits(far, { long: true })
  far.gives('/place', frame({ state: 'message', place: null, wait: null }))
  await person.presses('留下联系方式')
  expect(document.activeElement).toBe(field('手机号或邮箱'))
  fireEvent.input(field('手机号或邮箱'), { target: { value: ' 138 0013 8000 ' } })
  fireEvent.input(field('备注（选填）'), { target: { value: '下午' } })
  const form = field('手机号或邮箱').closest('form')!
  fireEvent.submit(form)
  fireEvent.submit(form)
  await pass()
  await until(() => expect(card()!.textContent).toContain('已收到，我们会联系 138 0013 8000'))
  expect(panel.far.to('/callback').map(({ body }) => body)).toEqual([{ phone: '138 0013 8000', note: '下午' }])
  expect(panel.far.line.of('typing')).toEqual([])
})

it('takes an address for an address', async () => {
  const panel = await waits(open().gives('/callback', {}), { long: true })
  await person.presses('留下联系方式')
  fireEvent.input(field('手机号或邮箱'), { target: { value: 'mei@shop.example' } })
  fireEvent.submit(field('手机号或邮箱').closest('form')!)
  await until(() => expect(panel.far.to('/callback').map(({ body }) => body)).toEqual([{ email: 'mei@shop.example', note: '' }]))
})

it('says beside the field what is wrong, keeps what she wrote, and shuts on Escape without closing the chat', async () => {
  const far = open().gives('/callback', { status: 400, code: 'contacts.bad_phone', title: '电话号码只能包含数字' })
  const panel = await waits(far, { long: true })
  await person.presses('留下联系方式')
  fireEvent.input(field('手机号或邮箱'), { target: { value: 'call me' } })
  fireEvent.submit(field('手机号或邮箱').closest('form')!)
  await until(() => expect(ui.getByRole('alert').textContent).toBe('电话号码只能包含数字'))
  expect([field('手机号或邮箱').value, field('手机号或邮箱').getAttribute('aria-invalid')]).toEqual(['call me', 'true'])
  expect(document.activeElement).toBe(field('手机号或邮箱'))
  await person.keys('Escape')
  expect(ui.queryByLabelText('手机号或邮箱')).toBeNull()
  expect(panel.last('close')).toBeUndefined()
})

it('keeps her in the queue and says so where leaving does not come through', async () => {
  const far = open().gives('/place', { status: 503, code: 'kit.busy', title: '现在很忙，请稍后再试' })
  await waits(far)
  await person.presses('不等了')
  expect(ui.getByText(/现在很忙/)).toBeTruthy()
  expect(card()!.textContent).toContain('第 3 位')
})

// Before she writes

it('says what she may expect before she writes, and asks again only after a while', async () => {
  const far = open({ open: true, waiting: 2, wait: [120, 240] })
  const panel = await openPanel({ far })
  await until(() => ui.getByText('现在有 2 人排队 · 预计 2–4 分钟'))
  await person.hears(panel, { type: 'agents', online: true })
  expect(panel.far.to(OUTLOOK)).toHaveLength(1)
  far.gives(OUTLOOK, { open: true, waiting: 0, wait: [0, 50] })
  await pass(31_000)
  await until(() => ui.getByText('通常 1 分钟内有人接待'))
})

it('says under the greeting that it is closed and when it opens, though somebody is at the desk', async () => {
  const opens_at = new Date(NOON.getTime() + 24 * 3_600_000).toISOString()
  await openPanel({ far: open({ open: false, waiting: 0, opens_at }, { offline_text: '茶铺打烊了。' }) })
  await until(() => ui.getByText(/茶铺打烊了。明天.12:00 恢复服务。/))
  expect(ui.getByText('现在是非工作时间')).toBeTruthy()
})

it('is silent about what it cannot learn', async () => {
  const far = open()
  far.gives(OUTLOOK, { status: 503 })
  await openPanel({ far })
  expect(ui.getByText('在线')).toBeTruthy()
  expect(ui.queryByRole('alert')).toBeNull()
})
