import { beforeEach, expect, it, vi } from 'vitest'
import { Far, openPanel, type Opening, type Panel, pass, person, Room, ui, until } from './stage'

const INVITE = { type: 'invite', id: 'i1', text: '需要我介绍一下岩茶吗？', agent_name: '林晚晴', seconds: 60 } as const
const RULE = { id: 'r1', pages: ['/tea'], dwell_s: 15, min_pages: 1 }

beforeEach(() => {
  vi.stubGlobal('TOKEN', new Proxy({}, { get: (_, name) => `<${String(name)}>` }))
  vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(148)
})

const closed = (far = new Far(), more: Opening = {}): Promise<Panel> => openPanel({ far, open: false, ...more })
const card = (): HTMLElement | null => ui.queryByRole('dialog') ?? document.querySelector('html > [role=dialog]')
/** How the frame lies over the page; null where it does not. */
const lies = (panel: Panel): string | null => panel.last('close')?.card ?? null
const answers = (panel: Panel): unknown[] => panel.far.to('/invites/i1/answer').map(({ body }) => (body as { answer: string }).answer)
const press = async (name: string): Promise<void> => {
  ;[...card()!.querySelectorAll('button')].find((button) => button.textContent === name)!.click()
  await pass()
}
const invited = async (more: Opening = {}): Promise<Panel> => {
  const panel = await closed(new Far().gives('/invites/i1/answer' as '/invites', {} as never), more)
  panel.far.line.say(INVITE)
  await until(() => {
    if (!card()) throw new Error('not here yet')
  })
  await pass(100)
  return panel
}
/** A page on which a rule may invite. */
const offered = async (rules = [RULE], pages = 1): Promise<Panel> => {
  const far = new Far().gives('/invites', { invite: null, rules, pages })
  const panel = await closed(far)
  await pass(2_000)
  far.gives('/invites', INVITE as never)
  return panel
}
const asks = (panel: Panel): unknown[] => panel.far.to('/invites').filter(({ method }) => method === 'POST').map(({ body }) => body)
const goes = (panel: Panel, path: string): void => panel.say({ kezhan: 'page', page: { url: `https://shop.example${path}`, title: '', referrer: '' } })

it('shows who invites, in her words, on a card over the page that leaves two thirds of a phone free', async () => {
  const panel = await invited()
  expect(card()!.textContent).toBe('晴林晚晴需要我介绍一下岩茶吗？开始对话暂不需要')
  expect(card()!.getAttribute('aria-label')).toBe('林晚晴 邀请您对话')
  expect(lies(panel)).toMatch(/right:<bubble_offset>;.*max-height:33%;height:148px$/)
  expect([document.body.hidden, answers(panel)]).toEqual([true, []])
})

it('takes no focus away from the page', async () => {
  await invited()
  expect(card()!.contains(document.activeElement)).toBe(false)
})

it('opens on yes, with what she was asked as the greeting', async () => {
  const panel = await invited()
  await press('开始对话')
  expect([answers(panel), panel.last('close'), card(), document.body.hidden]).toEqual([['accepted'], { kezhan: 'close', open: true }, null, false])
  panel.say({ kezhan: 'open', open: true, full: false })
  await pass()
  expect(await vi.waitFor(() => ui.getByText(INVITE.text))).toBeTruthy()
  expect(answers(panel)).toEqual(['accepted'])
})

it.each(['a press', 'Escape'])('goes away with %s and says so', async (how) => {
  const panel = await invited()
  if (how === 'a press') await press('暂不需要')
  else {
    card()!.querySelector('button')!.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))
    await pass()
  }
  expect([answers(panel), panel.last('close'), card(), document.body.hidden]).toEqual([['declined'], { kezhan: 'close', open: false }, null, false])
})

it('takes the bubble for a yes', async () => {
  const panel = await invited()
  panel.say({ kezhan: 'open', open: true, full: false })
  await pass()
  expect([answers(panel), card()]).toEqual([['accepted'], null])
})

it('goes by itself when its time is over, and answers nothing', async () => {
  const panel = await invited()
  await pass(59_000)
  expect(card()).not.toBeNull()
  await pass(1_000)
  expect([card(), answers(panel), lies(panel)]).toEqual([null, [], null])
})

it('says an answer again that was lost on the way, and never one that was refused', async () => {
  const panel = await invited()
  panel.far.network = 'gone'
  await press('开始对话')
  panel.far.network = 'up'
  panel.far.gives('/invites/i1/answer' as '/invites', { status: 409, code: 'proactive.answered', title: '' } as never)
  await pass(5_000)
  expect(answers(panel)).toEqual(['accepted'])
})

it('stands within the panel where that is open', async () => {
  const panel = await openPanel({ far: new Far().gives('/invites/i1/answer' as '/invites', {} as never) })
  panel.far.line.say(INVITE)
  await pass(100)
  expect([card()!.className, document.body.hidden, panel.last('close')]).toEqual(['invite within', false, undefined])
  await press('暂不需要')
  expect([card(), answers(panel), panel.last('close')]).toEqual([null, ['declined'], undefined])
})

it('does not ask somebody who is in a conversation', async () => {
  const room = new Room()
  room.mine('你好')
  const far = new Far()
  far.session = { ...far.session, conversation: room.head }
  const panel = await closed(far, { room })
  await person.hears(panel, INVITE)
  await pass(100)
  expect([card(), lies(panel)]).toEqual([null, null])
})

it('shows an invitation again that is open on her next page', async () => {
  const panel = await closed(new Far().gives('/invites', { invite: { ...INVITE, seconds: 30 }, rules: [], pages: 0 }))
  expect(card()).toBeNull()
  await pass(2_100)
  expect(card()!.textContent).toContain(INVITE.text)
  await pass(30_000)
  expect([card(), answers(panel)]).toEqual([null, []])
})

it('asks the server when she has stayed long enough on a page that a rule is for', async () => {
  const panel = await offered()
  await pass(14_900)
  expect([asks(panel), card()]).toEqual([[], null])
  await pass(200)
  expect([asks(panel), card()?.textContent]).toEqual([[{ rule_id: 'r1' }], expect.stringContaining(INVITE.text)])
})

it('begins anew with every page, and asks nothing on pages that no rule is for', async () => {
  const panel = await offered()
  await pass(10_000)
  goes(panel, '/cart')
  await pass(60_000)
  expect(asks(panel)).toEqual([])
  goes(panel, '/tea/rock')
  await pass(14_000)
  expect(asks(panel)).toEqual([])
  await pass(1_100)
  expect(asks(panel)).toEqual([{ rule_id: 'r1' }])
})

it('counts the pages she has seen', async () => {
  const panel = await offered([{ ...RULE, pages: [], min_pages: 4, dwell_s: 3 }], 2)
  await pass(10_000)
  goes(panel, '/a')
  await pass(10_000)
  expect(asks(panel)).toEqual([])
  goes(panel, '/b')
  await pass(3_100)
  expect(asks(panel)).toEqual([{ rule_id: 'r1' }])
})

it('waits until she looks at the page', async () => {
  const panel = await offered()
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true)
  await pass(20_000)
  expect(asks(panel)).toEqual([])
  hidden.mockReturnValue(false)
  document.dispatchEvent(new Event('visibilitychange'))
  await pass(100)
  expect(asks(panel)).toEqual([{ rule_id: 'r1' }])
})

it('goes on to the next rule where the server does not invite, and no further where it does', async () => {
  const panel = await offered([RULE, { ...RULE, id: 'r2', dwell_s: 20 }, { ...RULE, id: 'r3', dwell_s: 30 }])
  panel.far.gives('/invites', {} as never)
  await pass(16_000)
  expect([asks(panel), card()]).toEqual([[{ rule_id: 'r1' }], null])
  panel.far.gives('/invites', INVITE as never)
  await pass(60_000)
  expect(asks(panel)).toEqual([{ rule_id: 'r1' }, { rule_id: 'r2' }])
})

it('asks for nothing where she leaves at once, and loads nothing where nothing is on offer', async () => {
  const panel = await closed(new Far().gives('/invites', {} as never))
  await pass(1_900)
  expect(panel.far.to('/invites')).toEqual([])
  await pass(60_000)
  expect([panel.far.to('/invites').length, asks(panel)]).toEqual([1, []])
})
