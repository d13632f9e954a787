import type { ReachView, TemplateView } from '@kezhan/api'
import { screen, within } from '@testing-library/vue'
import { describe, expect, it, vi } from 'vitest'
import { faultOf } from '../../../call'
import { bindings } from '../../../shell/shortcuts'
import { press, problem } from '../../../tests/hands'
import { net, settled, soon, type Scene } from '../../../tests/stage'
import { languageIn } from '../../../languages'
import { fits, nameOf, piecesOf } from '../templates'
import { changed, head, ME, message } from './fixtures'
import { openMessages, openThread } from './scene'

const brought = vi.hoisted(() => vi.fn())
vi.mock('../../files/upload', async (original) => ({ ...(await original<object>()), upload: brought }))

const whatsapp = head({ channel: 'whatsapp', contact_name: '林小满' })
const shipped: TemplateView = {
  name: 'order_update', language: 'zh_CN', title: '', category: 'UTILITY', header: '', text: '您好 {{1}}，订单 {{2}} 已发货。',
  variables: [{ label: '', example: '小满', most: 10 }, { label: '订单号', example: '', most: 1024 }],
}
const sale: TemplateView = { name: 'a1', language: 'en', title: 'Spring sale', category: 'MARKETING', header: '', text: 'Spring sale!', variables: [] }
const linked = { id: 'f1', name: '茶.jpg', media_type: 'image/jpeg', size: 4, thumbnail: true, url: '/f/f1', thumbnail_url: '/f/f1t', expires_at: '' }
const shut: Partial<ReachView> = { open: false, ends_at: null }

async function talk(view: Partial<ReachView> = {}): Promise<Scene> {
  net.answers('channelsReach', {
    adapter: 'whatsapp', sends: ['text'], text_length: 4096, text_unit: 'characters', windowed: true, open: true, ends_at: null, allowed: null, left: null,
    templates: true, working: true, ...view,
  })
  net.answersIfSilent('channelsKinds', { items: [] })
  net.answersIfSilent('channelsTemplates', { items: [shipped, sale] })
  return openThread([message(1)], { snapshot: { head: whatsapp } })
}

async function opened(view: Partial<ReachView> = {}): Promise<Scene> {
  const scene = await talk(view)
  await press(scene, '发送模板消息')
  await soon(() => expect(screen.queryByRole('dialog')).toBeTruthy())
  await settled()
  return scene
}

const dialog = (): HTMLElement => screen.getByRole('dialog')
const options = (): string[] => within(dialog()).queryAllByRole('option').map((one) => one.querySelector('[title]')!.getAttribute('title')!)
const search = (): HTMLElement => within(dialog()).getByRole('combobox')
const preview = (): string => within(dialog()).getByLabelText('预览').querySelector('[tabindex]')!.textContent
const blank = (label: string): HTMLInputElement => within(dialog()).getByLabelText(label)

describe('a text', () => {
  it('is taken apart at its variables, and filled once over', () => {
    expect(piecesOf(shipped, ['{{2}}', ' '])).toEqual([
      { text: '您好 ', number: null }, { text: '{{2}}', number: 0 }, { text: '，订单 ', number: null }, { text: '', number: 1 }, { text: ' 已发货。', number: null },
    ])
    expect(piecesOf(sale, [])).toEqual([{ text: 'Spring sale!', number: null }])
  })

  it('is found by words of its name and text, in whatever order', () => {
    expect([fits(shipped, '发货 订单'), fits(shipped, 'ORDER_'), fits(sale, '发货'), fits(sale, ' ')]).toEqual([true, true, false, true])
    expect([nameOf(shipped), nameOf(sale)]).toEqual(['order_update', 'Spring sale'])
  })

  it('has its language by name, and an unknown one as it is written', () => {
    expect([languageIn('en', 'fr'), languageIn('en', '??')]).toEqual(['French', '??'])
  })
})

describe('the button stands', () => {
  it('where the channel has templates, whether one may write or not', async () => {
    await talk()
    expect([screen.queryByRole('button', { name: '发送模板消息' }), screen.queryByText('选择模板')]).toEqual([expect.anything(), null])
  })

  it('nowhere else', async () => {
    await talk({ templates: false, ...shut })
    bindings()['m']!(new KeyboardEvent('keydown', { key: 'm' }))
    await settled()
    expect(screen.queryByRole('dialog')).toBeNull()
    expect([screen.queryByRole('button', { name: '发送模板消息' }), screen.queryByText('选择模板')]).toEqual([null, null])
  })

  it.each<[string, Partial<ReachView>, string]>([
    ['the window is closed', {}, '窗口已关闭：现在只能发送模板消息'],
    ['all has been said', { left: 0 }, '可回复条数已用完：现在只能发送模板消息'],
  ])('also in the line above once %s', async (_, view, words) => {
    const scene = await talk({ ...shut, ...view })
    expect(document.getElementById('composer-reach')?.textContent.trim()).toBe(words)
    await press(scene, '选择模板')
    await soon(() => expect(screen.queryByRole('dialog')).toBeTruthy())
  })

  it('under a key of its own', async () => {
    await talk()
    bindings()['m']!(new KeyboardEvent('keydown', { key: 'm' }))
    await soon(() => expect(screen.queryByRole('dialog')).toBeTruthy())
  })
})

describe('the list', () => {
  it('shows names, languages, texts with what is to be filled in, and what is advertising', async () => {
    await opened()
    expect(options()).toEqual(['order_update', 'Spring sale'])
    const [first, second] = within(dialog()).getAllByRole('option')
    expect(first!.textContent).toContain('您好 第 1 处，订单 订单号 已发货。')
    expect([first!.textContent.includes('营销'), second!.textContent.includes('营销')]).toEqual([false, true])
  })

  it('is searched, says where nothing is found, and shows all again', async () => {
    const scene = await opened()
    await scene.user.type(search(), 'spring')
    expect(options()).toEqual(['Spring sale'])
    await scene.user.type(search(), 'x')
    expect(within(dialog()).getByText('没有找到模板')).toBeTruthy()
    await press(scene, '显示全部')
    expect(options()).toHaveLength(2)
  })

  it('says what to do where the platform has none, and asks it anew', async () => {
    net.answers('channelsTemplates', { items: [] })
    const scene = await opened()
    expect(within(dialog()).getByText('还没有可用的模板')).toBeTruthy()
    net.answers('channelsTemplates', { items: [sale] })
    await press(scene, '从平台刷新')
    expect([options(), net.asked('channelsTemplates').map(({ query }) => query['fresh'])]).toEqual([['Spring sale'], ['false', 'true']])
  })

  it('keeps what it has where the platform does not tell anew', async () => {
    const scene = await opened()
    net.refuses('channelsTemplates', problem(502, 'channels.templates_unread', '暂时读不到平台上的模板：平台暂时无法连接'))
    await press(scene, '从平台刷新')
    expect(screen.getByText('暂时读不到平台上的模板：平台暂时无法连接')).toBeTruthy()
    expect(options()).toHaveLength(2)
  })

  it('says why there is none, and tries again', async () => {
    net.refuses('channelsTemplates', problem(502, 'channels.templates_unread', '暂时读不到平台上的模板：平台暂时无法连接'))
    const scene = await opened()
    expect(within(dialog()).getByRole('alert').textContent).toContain('暂时读不到平台上的模板')
    net.answers('channelsTemplates', { items: [sale] })
    await press(scene, '重试')
    expect(options()).toEqual(['Spring sale'])
  })
})

describe('one that is chosen', () => {
  async function chosen(): Promise<Scene> {
    const scene = await opened(shut)
    await scene.user.click(search())
    await scene.user.keyboard('{ArrowDown}{ArrowUp}{Enter}')
    await settled()
    return scene
  }

  it('shows what the customer will see while it is filled in', async () => {
    const { user } = await chosen()
    expect([preview(), within(dialog()).getByText('林小满 将看到') !== null]).toEqual(['您好 第 1 处，订单 订单号 已发货。', true])
    expect(within(dialog()).getByText('例如：小满')).toBeTruthy()
    await user.type(blank('订单号'), 'A1')
    expect(preview()).toBe('您好 第 1 处，订单 A1 已发货。')
    expect(blank('第 1 处').maxLength).toBe(10)
  })

  it('is filled and sent by keys alone, and leaves', async () => {
    net.answers('channelsSendTemplate', { type: 'ack', client_id: 'x', conversation_id: 'c1', seq: 2 })
    const { user } = await chosen()
    await user.click(blank('第 1 处'))
    await user.keyboard(' 小满{Enter}')
    expect(document.activeElement).toBe(blank('订单号'))
    await user.keyboard('A1{Enter}')
    await soon(() => expect(net.asked('channelsSendTemplate')).toHaveLength(1))
    const { path, body } = net.asked('channelsSendTemplate')[0]!
    expect([path, { ...body, client_id: '' }]).toEqual([
      { conversation_id: 'c1' }, { client_id: '', name: 'order_update', language: 'zh_CN', values: ['小满', 'A1'], file_id: null },
    ])
    await soon(() => expect(screen.queryByRole('dialog')).toBeNull())
  })

  it('names what is missing beside it', async () => {
    const scene = await chosen()
    await scene.user.type(blank('第 1 处'), '小满')
    await scene.user.click(within(dialog()).getByRole('button', { name: '发送' }))
    await settled()
    expect([within(dialog()).queryByText('请填写这一项。') !== null, net.asked('channelsSendTemplate')]).toEqual([true, []])
    expect(document.activeElement).toBe(blank('订单号'))
  })

  it('keeps what is filled in when it is refused, and is the same message when it is sent again', async () => {
    const scene = await chosen()
    const go = (): Promise<void> => scene.user.click(within(dialog()).getByRole('button', { name: '发送' }))
    await scene.user.type(blank('第 1 处'), '小满')
    await scene.user.type(blank('订单号'), 'A1')
    net.refuses('channelsSendTemplate', problem(409, 'conversations.closed', '会话已结束。'))
    await go()
    await settled()
    expect(within(dialog()).getByText('会话已结束。')).toBeTruthy()
    net.refuses('channelsSendTemplate', problem(400, 'channels.template_value_long', '这一项最多 10 个字。', { field: 'values.0' }))
    await go()
    await settled()
    expect([within(dialog()).queryByText('这一项最多 10 个字。') !== null, blank('订单号').value]).toEqual([true, 'A1'])
    await scene.user.type(blank('订单号'), '2')
    await go()
    await settled()
    const ids = net.asked('channelsSendTemplate').map(({ body }) => body!.client_id)
    expect([ids[0] === ids[1], ids[1] === ids[2]]).toEqual([true, false])
  })

  it('is kept when the dialog is left, and given up for another', async () => {
    const scene = await chosen()
    await scene.user.type(blank('订单号'), 'A1')
    await scene.user.keyboard('{Escape}')
    await soon(() => expect(screen.queryByRole('dialog')).toBeNull())
    await press(scene, '发送模板消息')
    await soon(() => expect(blank('订单号').value).toBe('A1'))
    await press(scene, '换一个模板')
    expect(options()).toHaveLength(2)
  })
})

describe('one with a file above', () => {
  const picture: TemplateView = { ...sale, name: 'new_tea', title: '', header: 'image', text: '新茶到店' }
  const tea = new File(['jpeg'], '茶.jpg', { type: 'image/jpeg' })
  const chooser = (): HTMLInputElement => dialog().querySelector<HTMLInputElement>('input[type="file"]')!

  async function chosen(): Promise<Scene> {
    net.answers('channelsTemplates', { items: [picture] })
    const scene = await opened(shut)
    await scene.user.click(search())
    await scene.user.keyboard('{Enter}')
    await settled()
    return scene
  }

  it('asks for the file, shows it, and sends it along', async () => {
    net.answers('channelsSendTemplate', { type: 'ack', client_id: 'x', conversation_id: 'c1', seq: 2 })
    brought.mockResolvedValue(linked)
    const { user } = await chosen()
    const go = (): Promise<void> => user.click(within(dialog()).getByRole('button', { name: '发送' }))
    await go()
    expect([within(dialog()).queryByText('这个模板的上方要放一个文件，请选择。') !== null, net.asked('channelsSendTemplate'), document.activeElement === chooser()]).toEqual([true, [], true])
    await user.upload(chooser(), tea)
    await soon(() => expect(within(dialog()).getByRole('img', { name: '茶.jpg' }).getAttribute('src')).toBe('/f/f1t'))
    expect(within(dialog()).queryByText('这个模板的上方要放一个文件，请选择。')).toBeNull()
    await go()
    await soon(() => expect(net.asked('channelsSendTemplate')[0]?.body?.file_id).toBe('f1'))
  })

  it('says beside it why a file was not taken', async () => {
    brought.mockRejectedValue(faultOf({ code: 'files.too_large', title: '文件太大。' }, 413))
    const { user } = await chosen()
    await user.upload(chooser(), tea)
    await soon(() => expect(within(dialog()).queryByText('文件太大。')).toBeTruthy())
    expect(chooser().disabled).toBe(false)
  })
})

describe('in the thread', () => {
  const said = message(2, { author: { kind: 'agent', id: ME, name: '小林' }, at: new Date().toISOString(), body: '您好', payload: { is: 'template', name: 'order_update', language: 'zh_CN' } })
  const bubble = (): HTMLElement => screen.getByRole('log').querySelector<HTMLElement>('[data-seq="2"]')!

  it('a template is marked as one, and an empty one that was recalled is not', async () => {
    await openMessages([message(1), said])
    expect(bubble().textContent).toContain('模板消息')
    net.tell(changed(2, 3, { messages: [{ ...said, rev: 3, body: '', payload: null, recalled_at: '2026-11-22T08:02:00.000Z' }] }))
    await settled()
    expect(bubble().textContent).not.toContain('模板消息')
  })

  it('one with a picture above is marked too', async () => {
    net.answers('conversationsFileAddress', linked)
    const template = { is: 'template', name: 'new_tea', language: 'zh_CN' } as const
    await openMessages([message(1), { ...said, kind: 'image', payload: { is: 'file', file_id: 'f1', name: '茶.jpg', media_type: 'image/jpeg', size: 4, thumbnail: true, template } }])
    expect([bubble().textContent.includes('模板消息'), bubble().textContent.includes('您好')]).toEqual([true, true])
  })

  it('it can be recalled, not reworded', async () => {
    const { user } = await openThread([message(1), said])
    await user.click(within(bubble()).getByRole('button', { name: '消息操作' }))
    await settled()
    expect(screen.getAllByRole('menuitem').filter((one) => !one.getAttribute('aria-label')).map((one) => one.textContent)).toEqual(['引用', '复制', '转发', '撤回'])
  })
})
