import { fireEvent, screen, within } from '@testing-library/vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { head, message, snapshot } from '../../conversations/tests/fixtures'
import { comesTo, press, problem, where } from '../../../tests/hands'
import { ME, net, place, screenIs, settled, soon, visit, type Scene } from '../../../tests/stage'
import { useLists } from '../../conversations'
import { line } from '../../realtime'
import { useOffers } from '..'
import { useGiven } from '../given'
import OfferStack from '../components/OfferStack.vue'
import { offer, seat } from './fixtures'

beforeEach(() => {
  net.answers('routingGetSeat', seat())
  net.answersIfSilent('routingListOffers', { items: [] })
  net.answers('conversationsGet', snapshot([message(1)], { head: head({ id: 'o1' }) }))
  net.answers('conversationsOfContact', [])
  net.answers('visitsCard', { contact_id: 'p1', visits: 0, first_seen_at: null, visit: null, pages: [] })
  net.refuses('contactsGet', problem(404, 'contacts.not_found', '联系人不存在。'))
})

const cards = (): HTMLElement[] => screen.queryAllByRole('article')
const offered = async (...ids: string[]): Promise<Scene> => {
  const scene = await place(OfferStack, { aboveBar: false }, { path: '/contacts' })
  for (const id of ids) net.tell({ type: 'offer', offer: offer(id, { contact_name: `客户${id}` }) })
  await settled()
  return scene
}
/** The card has been there long enough to be meant. */
const read = (): void => void vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 1000)
const hit = async (key: string, on: Element = document.body): Promise<void> => {
  await fireEvent.keyDown(on, { key })
  await settled()
}

describe('an offer', () => {
  it('shows who asks, from where, the last words, and how long there is', async () => {
    await offered('o1')
    const card = within(cards()[0]!)
    expect(cards()[0]!.textContent).toContain('网站聊天')
    for (const text of ['客户o1', '请问怎么退货？']) expect(card.getByText(text)).toBeTruthy()
    expect(card.getByRole('timer').getAttribute('aria-label')).toMatch(/^剩 (19|20) 秒$/)
  })

  it('is alone on a phone, with how many there are beside', async () => {
    screenIs(390)
    await offered('o1', 'o2', 'o3')
    expect([cards().length, screen.getByText('另有 2 个邀请')]).toEqual([1, expect.anything()])
  })

  it('that was made before the first words were stored shows them when they come', async () => {
    await offered()
    net.tell({ type: 'offer', offer: offer('o1', { rev: 1, preview: { seq: 0, kind: 'event', author: 'system', text: '' } }) })
    net.tell({ type: 'listed', rev: 1, changes: [{ conversation_id: 'o1', rev: 2, head: { ...offer('o1').head, rev: 2 } }] } as never)
    await soon(() => expect(within(cards()[0]!).getByText('请问怎么退货？')).toBeTruthy())
  })

  it('is said aloud once, and stands in the window’s title', async () => {
    await visit('/nowhere/at/all')
    net.tell({ type: 'offer', offer: offer('o1', { contact_name: '客户o1' }) })
    await settled()
    expect(document.querySelector('[aria-live="assertive"]')?.textContent).toBe('邀请你接入：客户o1，20 秒内有效。')
    await soon(() => expect(document.title).toBe('[1 个邀请] 没有这个页面 · 客栈'))
  })

  it('has its whole time, whatever the clocks of server and desk say', async () => {
    await place(OfferStack, { aboveBar: false })
    net.tell({ type: 'offer', offer: offer('o1', { ago: 3_600_000 }) })
    await settled()
    expect(screen.getByRole('timer').getAttribute('aria-label')).toMatch(/^剩 (19|20) 秒$/)
  })

  it('told twice is one card, with the time it had', async () => {
    await offered('o1')
    const { until } = useOffers().asked[0]!
    net.tell({ type: 'offer', offer: offer('o1') })
    await settled()
    expect([cards().length, useOffers().asked[0]!.until]).toEqual([1, until])
  })

  it('stacks: three are shown, the others counted', async () => {
    await offered('o1', 'o2', 'o3', 'o4', 'o5')
    expect([cards().length, screen.getByText('另有 2 个邀请')]).toEqual([3, expect.anything()])
  })

  it('accepted leads to the conversation', async () => {
    const scene = await offered('o1')
    net.answers('routingAcceptOffer', undefined as never)
    await press(scene, '接入 客户o1')
    await comesTo('/conversations/mine/o1')
    expect([net.asked('routingAcceptOffer').map((one) => one.path?.conversation_id), cards()]).toEqual([['o1'], []])
  })

  it('declined goes without a word, and stays where one is', async () => {
    const scene = await offered('o1')
    net.answers('routingDeclineOffer', undefined as never)
    await press(scene, '谢绝 客户o1')
    await soon(() => expect(cards()).toEqual([]))
    expect([useOffers().passed, where(), net.asked('routingDeclineOffer')]).toEqual([[], '/contacts', [expect.anything()]])
  })

  it('that is over when she accepts says so and goes', async () => {
    const scene = await offered('o1')
    net.refuses('routingAcceptOffer', problem(409, 'routing.offer_over', '这个会话已不再等您接入：时间已过，或已被他人接入。'))
    await press(scene, '接入 客户o1')
    expect(await screen.findByText('这个会话已不再等您接入：时间已过，或已被他人接入。')).toBeTruthy()
    await soon(() => expect(cards()).toEqual([]))
    expect(where()).toBe('/contacts')
  })

  it('stays to be tried again where the server could not be reached', async () => {
    const scene = await offered('o1')
    net.breaks('routingAcceptOffer')
    await press(scene, '接入 客户o1')
    await screen.findByText('暂时连不上服务器。已输入的内容还在，请检查网络后重试。')
    expect([cards().length, useOffers().asked[0]!.busy]).toEqual([1, false])
  })

  it('is asked for once, however often it is pressed', async () => {
    const scene = await offered('o1')
    const answer = net.holds('routingAcceptOffer')
    await press(scene, '接入 客户o1')
    void useOffers().accept('o1')
    await settled()
    expect(net.asked('routingAcceptOffer')).toHaveLength(1)
    answer(undefined as never)
    await comesTo('/conversations/mine/o1')
  })
})

describe('an offer that ends elsewhere', () => {
  it.each([
    ['missed', '错过 · 已重新分配'],
    ['withdrawn', '已由他人接入'],
  ])('%s leaves a quiet line, to be put away', async (outcome, text) => {
    const scene = await offered('o1')
    net.tell({ type: 'offer_over', conversation_id: 'o1', outcome })
    await soon(() => expect(screen.getByText(text)).toBeTruthy())
    expect(cards()).toEqual([])
    await press(scene, '知道了：客户o1')
    expect(screen.queryByText(text)).toBeNull()
  })

  it.each(['accepted', 'declined'])('%s on another device just goes', async (outcome) => {
    await offered('o1')
    net.tell({ type: 'offer_over', conversation_id: 'o1', outcome })
    await soon(() => expect(cards()).toEqual([]))
    expect(useOffers().passed).toEqual([])
  })

  it('is known after a break of the line: what stands stays, what no longer does has passed', async () => {
    await offered('o1', 'o2')
    net.answers('routingListOffers', { items: [offer('o2'), offer('o3', { ago: 5000 })] })
    net.sockets.at(-1)?.end(1006)
    line.hurry()
    await soon(() => expect(useOffers().asked.map(({ head: one }) => one.id)).toEqual(['o2', 'o3']))
    expect(useOffers().passed.map(({ id, outcome }) => [id, outcome])).toEqual([['o1', 'withdrawn']])
    expect(useOffers().asked[1]!.until - Date.now()).toBeLessThan(15_100)
  })

  it('is given up by itself where nobody says that its time is over', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    useOffers().onOffer({ type: 'offer', offer: offer('o1') })
    vi.advanceTimersByTime(24_000)
    expect(useOffers().asked).toHaveLength(1)
    vi.advanceTimersByTime(1500)
    expect([useOffers().asked, useOffers().passed.map(({ outcome }) => outcome)]).toEqual([[], ['missed']])
  })
})

describe('the keys of an offer', () => {
  beforeEach(() => {
    net.answers('routingAcceptOffer', undefined as never)
    net.answers('routingDeclineOffer', undefined as never)
  })
  const answers = (): number[] => [net.asked('routingAcceptOffer').length, net.asked('routingDeclineOffer').length]

  it('Enter accepts the topmost, Escape declines it', async () => {
    await offered('o1', 'o2')
    read()
    await hit('Escape')
    expect(net.asked('routingDeclineOffer').map((one) => one.path?.conversation_id)).toEqual(['o1'])
    await hit('Enter')
    await comesTo('/conversations/mine/o2')
  })

  it('mean nothing while somebody types, or sits on something that can be pressed', async () => {
    await offered('o1')
    read()
    const [field, link] = [document.createElement('textarea'), document.createElement('a')]
    document.body.append(field, link)
    await hit('Enter', field)
    await hit('Escape', field)
    await hit('Enter', link)
    expect(answers()).toEqual([0, 0])
  })

  it('count on the row of the conversation that is open', async () => {
    await offered('o1')
    read()
    const row = document.createElement('a')
    row.dataset.row = 'c1'
    row.setAttribute('aria-current', 'true')
    document.body.append(row)
    await hit('Enter', row)
    await comesTo('/conversations/mine/o1')
  })

  it('mean nothing in the moment in which the card comes up', async () => {
    await offered('o1')
    await hit('Enter')
    expect(answers()).toEqual([0, 0])
  })

  it('are the page’s own again when nothing is offered', async () => {
    const page = vi.fn()
    document.addEventListener('keydown', page)
    await offered('o1')
    read()
    await hit('Escape')
    await hit('Escape')
    document.removeEventListener('keydown', page)
    expect([page.mock.calls.length, answers()]).toEqual([1, [0, 1]])
  })
})

describe('a conversation that comes by itself', () => {
  const listed = (rev: number, more: object): void =>
    net.tell({ type: 'listed', rev, changes: [{ conversation_id: 'n1', rev, head: head({ id: 'n1', rev, contact_name: '王小明', ...more }) }] } as never)
  const desk = async (path = '/contacts'): Promise<void> => {
    net.answers('contactsList', { items: [], next: null })
    net.answers('conversationsGetRow', { head: head({ id: 'n1' }), read_inbound: 0 })
    await visit(path)
    await soon(() => expect(useLists().lists.mine.state).toBe('ready'))
    await settled()
  }

  it('is told once, with a way to it, and nothing else moves', async () => {
    await desk()
    listed(1, {})
    listed(1, {})
    const told = await screen.findAllByRole('button', { name: '知道了：王小明' })
    expect([told.length, where()]).toEqual([1, '/contacts'])
    await fireEvent.click(screen.getByRole('link', { name: '打开 王小明' }))
    await comesTo('/conversations/mine/n1')
    expect(screen.queryByText('新会话')).toBeNull()
  })

  it('goes from the screen by itself', async () => {
    await desk()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    listed(1, {})
    expect(useGiven().fresh).toHaveLength(1)
    vi.advanceTimersByTime(8000)
    expect(useGiven().fresh).toEqual([])
  })

  it.each<[string, object]>([
    ['is somebody else’s', { assignee_id: 'other' }],
    ['still waits', { state: 'queued', assignee_id: null }],
  ])('is not told of while it %s', async (_, more) => {
    await desk()
    listed(1, more)
    await settled()
    expect(screen.queryByText('新会话')).toBeNull()
  })

  it('is not told of again when something is said in it', async () => {
    net.answers('conversationsList', { items: [{ head: head({ id: 'n1', contact_name: '王小明' }), read_inbound: 1 }], next: null })
    await desk()
    listed(2, { inbound_count: 2 })
    await settled()
    expect(screen.queryByText('新会话')).toBeNull()
  })

  it('is told as due when it has come back from being parked', async () => {
    net.answers('conversationsList', { items: [{ head: head({ id: 'n1', parked_at: '2026-11-22T08:00:00.000Z' }), read_inbound: 1 }], next: null })
    await desk()
    listed(2, { woken_seq: 2, last_seq: 2 })
    expect(await screen.findByText('暂存时间已到')).toBeTruthy()
    listed(3, { woken_seq: 2, last_seq: 2 })
    await settled()
    expect(screen.getAllByText('暂存时间已到')).toHaveLength(1)
  })

  it('is told when it was waiting before her eyes', async () => {
    net.answers('conversationsList', { items: [{ head: head({ id: 'n1', state: 'queued', assignee_id: null }), read_inbound: 0 }], next: null })
    await desk()
    listed(2, { assignee_id: ME })
    expect(await screen.findByText('新会话')).toBeTruthy()
  })

  it('is no news where she has accepted it herself', async () => {
    await desk()
    net.tell({ type: 'offer', offer: offer('n1') })
    net.answers('routingAcceptOffer', undefined as never)
    await useOffers().accept('n1')
    listed(1, {})
    await settled()
    expect(screen.queryByText('新会话')).toBeNull()
  })

  it('that comes with many others is counted with them', async () => {
    await desk()
    const changes = ['a', 'b', 'c', 'd'].map((id) => ({ conversation_id: id, rev: 1, head: head({ id }) }))
    net.tell({ type: 'listed', rev: 1, changes } as never)
    expect(await screen.findByText('4 个新会话')).toBeTruthy()
  })
})
