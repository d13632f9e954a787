import { screen, within } from '@testing-library/vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { head } from '../../conversations/tests/fixtures'
import { ME, net, place, settled, soon, type Scene } from '../../../tests/stage'
import { useLists } from '../../conversations'
import { useOffers } from '..'
import { useGiven } from '../given'
import OfferStack from '../components/OfferStack.vue'
import { tell } from '../../devices/tell'
import { offer } from './fixtures'

vi.mock('../../devices/tell', () => ({ tell: vi.fn() }))

describe('a colleague’s question', () => {
  beforeEach(() => net.answersIfSilent('routingListOffers', { items: [] }))

  it('is told with her note, and declined with a reason', async () => {
    const { user } = await place(OfferStack, { aboveBar: false }, { path: '/contacts' })
    net.tell({ type: 'offer', offer: { ...offer('o1'), by: '周子安', note: '要专票' } })
    await settled()
    const card = within(screen.getByRole('article'))
    expect(card.getByText(/周子安 请你接手/)).toBeTruthy()
    expect(card.getByText('要专票')).toBeTruthy()
    net.answers('routingDeclineOffer', undefined as never)
    await user.type(card.getByLabelText('谢绝原因（可不填）'), ' 在开会 ')
    await user.click(card.getByText('谢绝'))
    await soon(() => expect(net.asked('routingDeclineOffer').map(({ query }) => query)).toEqual([{ reason: '在开会' }]))
    await soon(() => expect(useOffers().asked).toEqual([]))
  })

  it('of the house takes no reason', async () => {
    await place(OfferStack, { aboveBar: false }, { path: '/contacts' })
    net.tell({ type: 'offer', offer: offer('o1') })
    await settled()
    expect(screen.queryByLabelText('谢绝原因（可不填）')).toBeNull()
  })
})

describe('what comes of working together', () => {
  const asked = { by_id: ME, to_id: 'boss', at: '2026-11-22T08:00:00.000Z', until: '2026-11-22T08:01:00.000Z' }

  async function desk(known: Partial<Parameters<typeof head>[0]> | null): Promise<Scene> {
    net.answers('conversationsList', { items: known ? [{ head: head({ id: 'n1', rev: 1, ...known }), read_inbound: 1 }] : [], next: null })
    const scene = await place(OfferStack, { aboveBar: false }, { path: '/contacts' })
    await useLists().load('mine')
    return scene
  }
  const listed = (rev: number, more: object): void => {
    net.tell({ type: 'listed', rev, changes: [{ conversation_id: 'n1', rev, head: head({ id: 'n1', rev, ...more }) }] } as never)
  }

  it('is told to whom was invited, once, and is heard', async () => {
    vi.mocked(tell).mockClear()
    await desk(null)
    listed(2, { assignee_id: 'other', guests: [ME] })
    expect(await screen.findByText('受邀加入')).toBeTruthy()
    listed(3, { assignee_id: 'other', guests: [ME] })
    await settled()
    expect(useGiven().notices).toHaveLength(1)
    expect(vi.mocked(tell).mock.calls.map(([news]) => [news.kind, news.path])).toEqual([['invite', '/conversations/mine/n1']])
  })

  it('is told to whom nobody has relieved, but not where she has withdrawn it herself', async () => {
    await desk({ transfer: asked })
    listed(2, {})
    expect(await screen.findByText('转接未成，仍由你接待')).toBeTruthy()
    listed(3, { transfer: asked })
    useGiven().withdrawn.add('n1')
    listed(4, {})
    await settled()
    expect(useGiven().notices).toHaveLength(1)
  })
})
