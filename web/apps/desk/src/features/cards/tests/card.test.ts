import { describe, expect, it } from 'vitest'
import { blank, contentOf, draftOf, faultsOf, pairOf, webAddress, type Draft } from '../card'

const button = (text: string, url = ''): Draft['buttons'][number] => ({ text, url, does: url ? 'opens' : 'says' })

describe('an address', () => {
  it.each(['javascript:alert(1)', 'data:text/html,x', 'shop.example', '', 'https://bank.example@evil.example'])('%s leads nowhere', (address) => {
    expect(webAddress(address)).toBeNull()
  })
  it('of a page leads there', () => expect(webAddress('https://shop.example/p?a=1')).toBe('https://shop.example/p?a=1'))
})

describe('a card being written', () => {
  it('is what was stored, and the same again', () => {
    const order = { is: 'order' as const, number: 'A1', state: '已发货', items: [{ title: '壶', count: 2 }], total: '¥9', url: 'https://shop.example' }
    const content = { card: order, buttons: [{ text: '查物流', url: 'https://shop.example/1' }, { text: '退货' }, { text: '我的手机号', asks: 'phone' as const }] }
    expect(contentOf(draftOf(content))).toEqual(content)
  })
  it.each([
    { is: 'place' as const, title: '客栈', address: '山路 1 号', latitude: 31.2, longitude: -121.5 },
    { is: 'person' as const, title: '林晚晴', phone: '110' },
  ])('of a $is is the same again, without buttons', (card) => {
    expect(contentOf({ ...draftOf({ card }), buttons: [button('是')] })).toEqual({ card, buttons: [] })
  })
  it.each([
    ['31.23, 121.47', ['31.23', '121.47']],
    ['121.47，31.23', ['31.23', '121.47']],
    ['-33.9 18.4', ['-33.9', '18.4']],
    ['31.23', null],
    ['1.2.3, 4', null],
  ])('takes %s from a map', (text, pair) => expect(pairOf(text)).toEqual(pair))
  it('of a mini program opens its page, and none where no path is given', () => {
    const page = { app_id: 'wxb11529c136998cb6', path: 'pages/item?id=7' }
    const draft = draftOf({ card: { is: 'link', title: '壶', url: 'https://shop.example', page } })
    expect(contentOf(draft).card).toMatchObject({ page })
    expect(contentOf({ ...draft, path: ' ' }).card).toMatchObject({ page: null })
    expect(faultsOf({ ...draft, app: 'wx1', path: 'pages/a b' }, '')).toEqual({ app: 'cards.bad_app', path: 'cards.bad_path' })
  })
  it('loses nothing by another kind', () => {
    const draft = { ...blank('product'), title: '壶', price: '¥9' }
    draft.kind = 'link'
    expect(contentOf(draft).card).toMatchObject({ is: 'link', title: '壶' })
    draft.kind = 'product'
    expect(contentOf(draft).card).toMatchObject({ price: '¥9' })
  })
  it.each<[string, Partial<Draft>, string, Record<string, string>]>([
    ['nothing at all', {}, '', { words: 'conversations.empty', kind: 'desk_message.card.nothing' }],
    ['no title', { kind: 'product' }, '', { title: 'cards.empty' }],
    ['no number', { kind: 'order' }, '', { number: 'cards.empty' }],
    ['no address', { kind: 'link', title: '帮助' }, '', { url: 'cards.no_address' }],
    ['a bad one', { kind: 'product', title: '壶', url: 'javascript:1' }, '', { url: 'cards.bad_address' }],
    ['buttons alike, empty, leading nowhere', { buttons: [button('是'), button('是'), button(' '), button('看', 'x')] }, '?', { button1: 'cards.same_buttons', button2: 'cards.empty', button3: 'cards.bad_address' }],
    ['a place without a name, beyond the pole', { kind: 'place', latitude: '90.1', longitude: '' }, '', { title: 'cards.empty', latitude: 'desk_message.card.badLatitude', longitude: 'desk_message.card.badLongitude' }],
    ['a person without a phone', { kind: 'person', title: '林', phone: '12' }, '', { phone: 'cards.bad_phone' }],
    ['a place and a person that are whole', { kind: 'person', title: '林', phone: '+86 (21) 5555-0101', buttons: [button(' ')] }, '', {}],
    ['words and buttons', { buttons: [button('是')] }, '要吗', {}],
  ])('with %s', (_, more, words, faults) => {
    expect(faultsOf({ ...blank(), ...more }, words)).toEqual(faults)
  })
})
