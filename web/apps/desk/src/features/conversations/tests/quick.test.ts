import type { Message, QuickOffer } from '@kezhan/api'
import { screen, within } from '@testing-library/vue'
import { describe, expect, it, vi } from 'vitest'
import { bindings } from '../../../shell/shortcuts'
import { net, settled, soon, type Scene } from '../../../tests/stage'
import { changed, message } from './fixtures'
import { openThread } from './scene'

const offer = (id: string, more: Partial<QuickOffer> = {}): QuickOffer => ({
  id, scope: 'public', category: '售前/优惠', title: `标题${id}`, code: '', text: `内容${id}`, missing: [], files: [], ...more,
})
const coupon = offer('1', { title: '优惠券', code: 'yhq', text: '首页领取优惠券' })
const shipping = offer('2', { title: '发货时间', text: '当天发货' })

const field = (): HTMLTextAreaElement => screen.getByRole<HTMLTextAreaElement>('textbox')
const titles = (): string[] => screen.queryAllByRole('option').map((one) => one.querySelector('[title]')!.getAttribute('title')!)
const chips = (): string[] => {
  const group = screen.queryByLabelText('推荐的快捷回复')
  return group ? within(group).getAllByRole('button').map((one) => one.textContent.trim()).filter(Boolean) : []
}

async function talk(messages: Message[] = [message(1)], props = {}): Promise<Scene> {
  net.answers('channelsQuickReplies', ({ query }) => ({ items: [coupon, shipping].filter(({ title, code }) => !query.q || code === query.q || title.includes(query.q)) }))
  net.answers('channelsTakeQuickReply', ({ path }) => ({ text: path.reply_id === '1' ? '首页领取优惠券' : '当天发货', missing: [], files: [] }))
  return openThread(messages, { props })
}

async function typed(scene: Scene, text: string): Promise<void> {
  await scene.user.click(field())
  await scene.user.keyboard(text)
  await soon(() => expect(net.asked('channelsQuickReplies').length).toBeGreaterThan(0))
}

describe('a slash that begins a line', () => {
  it('opens the list; arrows, Enter: the words stand in its place', async () => {
    const scene = await talk()
    await typed(scene, '您好{Shift>}{Enter}{/Shift}/')
    await soon(() => expect(titles()).toEqual(['优惠券', '发货时间']))
    await scene.user.keyboard('{ArrowDown}')
    expect(screen.getAllByRole('option')[1]!.getAttribute('aria-selected')).toBe('true')
    expect(field().getAttribute('aria-activedescendant')).toBe(screen.getAllByRole('option')[1]!.id)
    await scene.user.keyboard('{Enter}')
    await soon(() => expect(field().value).toBe('您好\n当天发货'))
    expect(screen.queryByRole('listbox')).toBeNull()
    expect(net.saidOf('send')).toEqual([])
    expect(net.asked('channelsTakeQuickReply')).toHaveLength(1)
  })

  it('narrows as one types, with the text beside it', async () => {
    const scene = await talk()
    await typed(scene, '/yhq')
    await soon(() => expect(titles()).toEqual(['优惠券']))
    expect(within(screen.getByLabelText('客户将看到')).getByText('首页领取优惠券')).toBeTruthy()
  })

  it('is left alone after Escape, and by Enter where nothing fits', async () => {
    const scene = await talk()
    await typed(scene, '/发货')
    await soon(() => expect(titles()).toEqual(['发货时间']))
    await scene.user.keyboard('{Escape}')
    expect(screen.queryByRole('listbox')).toBeNull()
    expect(document.activeElement).toBe(field())
    await scene.user.keyboard('{Enter}')
    expect(net.saidOf('send').map(({ body }) => body)).toEqual(['/发货'])
    await scene.user.keyboard('/xyz')
    await soon(() => expect(screen.getByText('没有与“xyz”匹配的快捷回复')).toBeTruthy())
    await scene.user.keyboard('{Enter}')
    expect(net.saidOf('send').map(({ body }) => body)).toEqual(['/发货', '/xyz'])
  })

  it('is a slash in a note and in the middle of a line', async () => {
    const { user } = await talk()
    await user.click(field())
    await user.keyboard('1/2')
    await settled()
    await user.clear(field())
    await user.click(screen.getByRole('switch'))
    await user.click(field())
    await user.keyboard('/x')
    await settled()
    expect(screen.queryByLabelText('快捷回复')).toBeNull()
    expect(net.asked('channelsQuickReplies')).toEqual([])
  })

  it('brings files into the composer, and says which value is missing', async () => {
    const scene = await talk()
    const linked = { id: 'f1', name: '尺码表.txt', media_type: 'text/plain', size: 5, thumbnail: false, url: '/f/f1', thumbnail_url: null, expires_at: '2026-01-01T00:00:00.000Z' }
    net.answers('channelsTakeQuickReply', { text: '好', missing: ['customer.name'], files: [linked] })
    const usual = globalThis.fetch
    vi.stubGlobal('fetch', (...given: Parameters<typeof fetch>) => (given[0] === '/f/f1' ? Promise.resolve(new Response('S M L')) : usual(...given)))
    await typed(scene, '/yhq')
    await soon(() => expect(titles()).toEqual(['优惠券']))
    await scene.user.keyboard('{Enter}')
    await soon(() => expect(within(screen.getByLabelText('待发送的文件')).getByText('尺码表.txt')).toBeTruthy())
    expect(field().value).toBe('好')
    expect(screen.getAllByText('没有值，已留空：客户名称').length).toBeGreaterThan(0)
  })

  it('may be pressed outside of the field too, behind what has been written', async () => {
    const { user } = await talk()
    await user.click(field())
    await user.keyboard('您好')
    bindings()['/']!(new KeyboardEvent('keydown', { key: '/' }))
    await soon(() => expect(titles()).toEqual(['优惠券', '发货时间']))
    expect(field().value).toBe('您好\n/')
  })

  it('is a sheet with its own search on a phone', async () => {
    const { user } = await talk([message(1)], { phone: true })
    await user.click(screen.getByLabelText('快捷回复（行首输入 /）'))
    await soon(() => expect(within(screen.getByRole('dialog')).getByText('优惠券')).toBeTruthy())
    await user.click(within(screen.getByRole('dialog')).getByText('优惠券'))
    await soon(() => expect(field().value).toBe('首页领取优惠券'))
  })
})

describe('suggestions', () => {
  it('stand above the composer until something is written, and go in with a click', async () => {
    net.answers('channelsSuggestQuickReplies', { items: [coupon, shipping] })
    const { user } = await talk()
    await soon(() => expect(chips()).toEqual(['优惠券', '发货时间']))
    await user.click(field())
    await user.keyboard('好')
    await soon(() => expect(chips()).toEqual([]))
    await user.clear(field())
    await soon(() => expect(chips()).toHaveLength(2))
    await user.click(screen.getByText('优惠券'))
    await soon(() => expect(field().value).toBe('首页领取优惠券'))
    await user.clear(field())
    await settled()
    expect(chips()).toEqual([])
  })

  it('are put away by Escape until she says something new', async () => {
    net.answers('channelsSuggestQuickReplies', { items: [coupon] })
    const { user } = await talk()
    await soon(() => expect(chips()).toEqual(['优惠券']))
    await user.click(field())
    await user.keyboard('{Escape}')
    expect(chips()).toEqual([])
    expect(document.activeElement).toBe(field())
    net.tell(changed(1, 2, { messages: [message(2)] }))
    await soon(() => expect(chips()).toEqual(['优惠券']))
  })

  it('follow what she is typing', async () => {
    await talk()
    net.tell({ type: 'typing', conversation_id: 'c1', author: { kind: 'visitor' }, body: '怎么退货', active: true })
    await soon(() => expect(net.asked('channelsSuggestQuickReplies').at(-1)?.query).toEqual({ text: '怎么退货' }))
  })

  it('are not asked for by who does not want them', async () => {
    net.answers('quickGetSettings', { suggest: false })
    await talk()
    await settled()
    expect(net.asked('channelsSuggestQuickReplies')).toEqual([])
    expect(chips()).toEqual([])
  })
})
