import { screen, within } from '@testing-library/vue'
import type { Message } from '@kezhan/api'
import { describe, expect, it } from 'vitest'
import { net, settled, soon } from '../../../tests/stage'
import { mediaOf, minutes } from '../playing'
import { forwardable } from '../selecting'
import { ME, head, message } from './fixtures'
import { openMessages, openThread } from './scene'

const me = { kind: 'agent' as const, id: ME, name: '小林' }
const card = message(2, {
  author: me,
  body: '这款？\n手冲壶',
  payload: { is: 'card', text: '这款？', card: { is: 'product', title: '手冲壶', price: '¥299', url: 'javascript:alert(1)' }, buttons: [{ text: '要' }, { text: '看', url: 'https://shop.example/' }] },
})
const tap = message(3, { body: '要', payload: { is: 'tap', conversation_id: 'c1', seq: 2, button: 0 } })

describe('a card', () => {
  it('stands in place of its words; its bad address leads nowhere; what was pressed is marked', async () => {
    await openMessages([message(1), card, tap])
    await soon(() => expect(screen.getByText('手冲壶')).toBeTruthy())
    expect(screen.queryByText(/这款？\n/)).toBeNull()
    expect(screen.getAllByRole('link').map((one) => one.getAttribute('href'))).toEqual(['https://shop.example/'])
    expect(screen.getByText('客户点了这个').parentElement!.textContent).toContain('要')
    expect(screen.getByText('点按按钮')).toBeTruthy()
  })
})

describe('reactions', () => {
  const reacted = message(1, { reactions: [{ party: 'visitor', party_id: 'i1', emoji: '👍' }, { party: 'agent', party_id: ME, emoji: '🎉', name: '小林' }] })

  it('say whose they are; one’s own goes, another’s is joined', async () => {
    const { user } = await openMessages([reacted], { lineOpen: true })
    const own = await screen.findByRole('button', { name: '🎉 小林' })
    expect(own.getAttribute('aria-pressed')).toBe('true')
    await user.click(own)
    await user.click(screen.getByRole('button', { name: /^👍/ }))
    expect(net.saidOf('react').map(({ seq, emoji }) => [seq, emoji])).toEqual([[1, ''], [1, '👍']])
  })

  it('stand in the menu of a message too, where a finger finds them', async () => {
    const { user } = await openMessages([message(1)], { lineOpen: true })
    await user.click(await screen.findByLabelText('消息操作'))
    await settled()
    await user.click(within(screen.getByRole('group', { name: '表情回应', hidden: true })).getAllByRole('menuitem', { hidden: true })[0]!)
    expect(net.saidOf('react').map(({ seq, emoji }) => [seq, emoji])).toEqual([[1, '👍']])
    await soon(() => expect(screen.queryByRole('menu')).toBeNull())
  })

  it('are not for who only looks on', async () => {
    await openMessages([reacted], { me: { permissions: ['conversation.read'] } })
    expect(((await screen.findByRole('button', { name: '🎉 小林' })) as HTMLButtonElement).disabled).toBe(true)
    expect(screen.queryByRole('button', { name: '表情回应' })).toBeNull()
  })
})

describe('messages handed on', () => {
  it.each<[string, Message, boolean]>([
    ['a text', message(1), true],
    ['a note', message(1, { kind: 'note' }), false],
    ['an event', message(1, { kind: 'event' }), false],
    ['a recalled one', message(1, { recalled_at: '2026-11-22T08:00:00.000Z' }), false],
    ['a survey', message(1, { payload: { is: 'survey', invite_id: 's' } }), false],
    ['one on its way', message(0), false],
  ])('%s: %s', (_, one, may) => expect(forwardable(one)).toBe(may))

  it('are chosen and sent under one name, however often it is pressed', async () => {
    net.answers('conversationsList', { items: [{ head: head({ id: 'c2', contact_name: '王芳' }), read_inbound: 0 }], next: null })
    net.answers('conversationsForward', { items: [] })
    const { user } = await openThread([message(1), message(2, { author: me })])
    await user.click(screen.getAllByLabelText('消息操作')[0]!)
    await settled()
    await user.click(screen.getByRole('menuitem', { name: '转发' }))
    await user.click((await screen.findAllByRole('checkbox', { name: '选择这条消息' }))[1]!)
    await soon(() => expect(screen.getByText('已选 2 条')).toBeTruthy())
    await user.click(screen.getByRole('button', { name: '转发' }))
    const dialog = await screen.findByRole('dialog')
    await user.click(await within(dialog).findByRole('button', { name: /王芳/ }))
    await soon(() => expect(net.asked('conversationsForward')).toHaveLength(1))
    expect(net.asked('conversationsForward')[0]).toMatchObject({ body: { source_id: 'c1', seqs: [1, 2], origin: 'plain' } })
    await soon(() => expect(screen.queryByText('已选 2 条')).toBeNull())
  })
})

it.each([['audio/amr', 'unplayable'], ['audio/mpeg', 'audio'], ['video/mp4', 'video'], ['image/png', null], ['audio/x', 'unplayable']])('%s is played as %s', (type, kind) => {
  expect(mediaOf(type)).toBe(kind)
})
it.each([[65, '1:05'], [0, '0:00'], [Infinity, '0:00'], [3600, '60:00']])('%s seconds read %s', (seconds, text) => expect(minutes(seconds)).toBe(text))
