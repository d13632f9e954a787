import type { FileLinked, Message } from '@kezhan/api'
import { fireEvent, screen, within } from '@testing-library/vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { net, settled, soon, type Scene } from '../../../tests/stage'
import { useOutbox, useThreads } from '..'
import { fileAddress, forgetAddress } from '../../files'
import { line } from '../../realtime'
import { changed, head, ME, message } from './fixtures'
import { openMessages, openThread } from './scene'

const MINUTE = 60_000
let count = 0

function linked(more: Partial<FileLinked> = {}): FileLinked {
  return { id: 'f1', name: '杯.png', media_type: 'image/png', size: 5, url: '/f/f1?s=1', expires_at: new Date(Date.now() + 10 * MINUTE).toISOString(), ...more } as FileLinked
}

const picture = (name = '杯.png'): File => new File(['bytes'], name, { type: 'image/png' })
const sheet = (name = '价目.pdf'): File => new File(['pages'], name, { type: 'application/pdf' })
const waiting = (): HTMLElement | null => screen.queryByRole('list', { name: '待发送的文件' })
const names = (): (string | null)[] => within(waiting()!).queryAllByRole('listitem').map((item) => item.querySelector('button')!.getAttribute('aria-label'))
const field = (): HTMLTextAreaElement => screen.getByRole<HTMLTextAreaElement>('textbox')
const log = (): string => screen.getByRole('log').textContent!
const submit = async ({ user }: Scene): Promise<void> => {
  await user.click(screen.getByText('发送').closest('button')!)
  await settled()
}

/** Whether the page kept the browser from doing what it does by itself. */
async function kept(target: Element, type: string, more: object): Promise<boolean> {
  const event = Object.assign(new Event(type, { bubbles: true, cancelable: true }), more)
  target.dispatchEvent(event)
  await settled()
  return event.defaultPrevented
}

beforeEach(() => {
  // Every browser can show these pictures.
  vi.spyOn(HTMLImageElement.prototype, 'decode').mockImplementation(() => Promise.resolve())
  vi.spyOn(URL, 'createObjectURL').mockImplementation(() => `blob:${(count += 1)}`)
  vi.spyOn(URL, 'revokeObjectURL')
  net.answers('conversationsOlder', { items: [], next: null })
})

describe('files come into the composer', () => {
  it('by pasting, without the paste putting its name into the text', async () => {
    await openThread([message(1)])
    expect(await kept(field(), 'paste', { clipboardData: { files: [] } })).toBe(false)
    expect(await kept(field(), 'paste', { clipboardData: { files: [picture()] } })).toBe(true)
    expect(names()).toEqual(['移除 杯.png'])
    expect(field().value).toBe('')
  })

  it('by dropping them anywhere on the thread, with a word on where they go', async () => {
    await openThread([message(1)])
    const thread = screen.getByRole('region', { name: '访客 483920' })
    await fireEvent.dragOver(thread)
    expect(screen.getByText('松开鼠标，把文件加到消息里')).toBeTruthy()
    await fireEvent.drop(thread, { dataTransfer: { files: [picture(), sheet()] } })
    expect(screen.queryByText('松开鼠标，把文件加到消息里')).toBeNull()
    expect(names()).toEqual(['移除 杯.png', '移除 价目.pdf'])
  })

  it('not where nothing can be written, and the browser does not open them instead', async () => {
    await openThread([message(1)], { snapshot: { head: head({ state: 'closed' }) } })
    const thread = screen.getByRole('region', { name: '访客 483920' })
    await fireEvent.dragOver(thread)
    expect(screen.queryByText('松开鼠标，把文件加到消息里')).toBeNull()
    expect(await kept(thread, 'drop', { dataTransfer: { files: [picture()] } })).toBe(true)
    expect(waiting()).toBeNull()
  })

  it('by choosing them, the same one twice too, and leave again one by one', async () => {
    const { user, container } = await openThread([message(1)])
    const input = container.querySelector<HTMLInputElement>('input[type="file"]')!
    await user.upload(input, [picture('a.png'), sheet('b.pdf')])
    await user.upload(input, picture('c.png'))
    expect(names()).toEqual(['移除 a.png', '移除 b.pdf', '移除 c.png'])
    await user.click(screen.getByLabelText('移除 b.pdf'))
    expect(names()).toEqual(['移除 a.png', '移除 c.png'])
  })

  it('and are not uploaded before they are sent', async () => {
    await openThread([message(1)])
    await fireEvent.paste(field(), { clipboardData: { files: [picture()] } })
    await settled()
    expect(net.uploads).toEqual([])
  })
})

describe('a file on its way', () => {
  async function sent(...files: File[]): Promise<Scene> {
    const scene = await openThread([message(1)])
    await fireEvent.paste(field(), { clipboardData: { files } })
    await submit(scene)
    return scene
  }

  it('shows how far it is, goes out as a message when it is there, and turns into the stored one', async () => {
    await sent(sheet())
    const [upload] = net.uploads
    expect(net.uploadHeaders.get('X-Kezhan-CSRF')).toBe('csrf-1')
    upload!.progress(0.42)
    await settled()
    expect(log()).toContain('42%')
    expect(net.saidOf('send')).toEqual([])
    upload!.done(linked({ id: 'f7', name: '价目.pdf' }))
    await settled()
    const [frame] = net.saidOf('send')
    expect(frame).toMatchObject({ conversation_id: 'c1', kind: 'file', file_id: 'f7', body: '' })
    const payload: Message['payload'] = { is: 'file', file_id: 'f7', name: '价目.pdf', media_type: 'application/pdf', size: 5 }
    net.tell(changed(1, 2, { messages: [message(2, { author: { kind: 'agent', id: ME }, kind: 'file', body: '', client_id: frame!.client_id, payload })] }))
    await settled()
    expect(screen.getAllByLabelText('下载 价目.pdf')).toHaveLength(1)
    expect(useOutbox().box).toEqual([])
  })

  it('is a picture only where the server could make a small one of it', async () => {
    await sent(picture())
    net.uploads[0]!.done(linked({ thumbnail: true }))
    await settled()
    expect(net.saidOf('send')[0]).toMatchObject({ kind: 'image' })
  })

  it('goes out beside the words, each a message of its own', async () => {
    const scene = await openThread([message(1)])
    await fireEvent.paste(field(), { clipboardData: { files: [sheet('a.pdf'), sheet('b.pdf')] } })
    await scene.user.type(field(), '请看')
    await submit(scene)
    expect(net.saidOf('send').map((one) => one.body)).toEqual(['请看'])
    expect(net.uploads.map((one) => one.file.name)).toEqual(['a.pdf', 'b.pdf'])
    expect(waiting()).toBeNull()
  })

  it('that is refused says why, keeps its bytes, and is brought again when asked', async () => {
    const { user } = await sent(sheet('大.pdf'))
    net.uploads[0]!.refuse({ status: 413, code: 'files.too_large', title: '文件不能超过 20 MB。' })
    await settled()
    expect(screen.getByRole('alert').textContent).toBe('文件不能超过 20 MB。')
    await user.click(screen.getAllByLabelText('消息操作').at(-1)!)
    await settled()
    await user.click(screen.getByRole('menuitem', { name: '重新发送' }))
    await settled()
    expect(net.uploads.map((one) => one.file.name)).toEqual(['大.pdf', '大.pdf'])
    net.uploads[1]!.done(linked())
    await settled()
    expect(net.saidOf('send')).toHaveLength(1)
  })

  it('that broke off says so, and is dropped for good when asked', async () => {
    const { user } = await sent(sheet())
    net.uploads[0]!.breaks()
    await settled()
    expect(screen.getByRole('alert').textContent).toContain('连不上服务器')
    await user.click(screen.getAllByLabelText('消息操作').at(-1)!)
    await settled()
    await user.click(screen.getByRole('menuitem', { name: '删除' }))
    await settled()
    expect(screen.queryByLabelText('下载 价目.pdf')).toBeNull()
    expect(net.uploads[0]!.aborted).toBe(true)
  })

  it('waits for the line when it is brought while the line is broken, and goes out once', async () => {
    await sent(sheet())
    net.lineUp = false
    net.sockets.at(-1)!.end(1006)
    net.uploads[0]!.done(linked())
    await settled()
    expect(net.saidOf('send')).toEqual([])
    net.lineUp = true
    line.hurry()
    await settled()
    expect(net.saidOf('send')).toHaveLength(1)
  })

  it('is not kept over a reload before its bytes are on the server', async () => {
    await sent(sheet())
    expect(JSON.parse(localStorage.getItem(`kz.outbox.${ME}`)!)).toEqual([])
    net.uploads[0]!.done(linked())
    await settled()
    expect(JSON.parse(localStorage.getItem(`kz.outbox.${ME}`)!)).toMatchObject([{ file_id: 'f1', state: 'sending' }])
  })
})

describe('the address of a file', () => {
  const ask = (seq: number): Promise<FileLinked> => fileAddress('c1', seq)
  const asked = (): number => net.asked('conversationsFileAddress').length

  it('is asked once for two who want it, and again shortly before it runs out', async () => {
    net.answers('conversationsFileAddress', () => linked())
    const [one, two] = [await ask(11), await ask(11)]
    expect([one, asked()]).toEqual([two, 1])
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 9 * MINUTE })
    await ask(11)
    expect(asked()).toBe(1)
    vi.setSystemTime(Date.now() + 45_000)
    await ask(11)
    expect(asked()).toBe(2)
  })

  it('is asked for each message by itself', async () => {
    net.answers('conversationsFileAddress', ({ path }) => linked({ url: `/f/${path.seq}` }))
    expect([(await ask(12)).url, (await ask(13)).url]).toEqual(['/f/12', '/f/13'])
  })

  it('is asked again where it was refused or did not work', async () => {
    net.breaks('conversationsFileAddress')
    await expect(ask(14)).rejects.toMatchObject({ code: 'desk.unreachable' })
    net.answers('conversationsFileAddress', linked())
    await ask(14)
    forgetAddress('c1', 14)
    await ask(14)
    expect(asked()).toBe(3)
  })
})

describe('a file in a message', () => {
  const payload = (name: string, more = {}): Message['payload'] => ({ is: 'file', file_id: 'f1', name, media_type: 'image/png', size: 5, ...more })
  const image = (seq: number): Message => message(seq, { kind: 'image', body: '', payload: payload('杯.png', { width: 640, height: 480 }) })

  it('is fetched under its own name when it is asked for, not before', async () => {
    const clicked = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function click(this: HTMLAnchorElement) {
      expect([this.download, new URL(this.href).pathname]).toEqual(['价目.pdf', '/f/f9'])
    })
    net.answers('conversationsFileAddress', linked({ url: '/f/f9?s=1' }))
    const { user } = await openMessages([message(21, { kind: 'file', body: '', payload: payload('价目.pdf') })])
    expect(net.asked('conversationsFileAddress')).toEqual([])
    await user.click(screen.getByLabelText('下载 价目.pdf'))
    await soon(() => expect(clicked).toHaveBeenCalledOnce())
    expect(net.asked('conversationsFileAddress')[0]!.path).toEqual({ conversation_id: 'c1', seq: '21' })
  })

  it('says why it cannot be fetched', async () => {
    net.refuses('conversationsFileAddress', { status: 404, code: 'files.not_found', title: '文件已被删除。' })
    const { user } = await openMessages([message(22, { kind: 'file', body: '', payload: payload('价目.pdf') })])
    await user.click(screen.getByLabelText('下载 价目.pdf'))
    await settled()
    expect(log()).toContain('文件已被删除。')
  })

  it('is drawn small, keeps its place before it is there, and opens large', async () => {
    const onView = vi.fn()
    net.answers('conversationsFileAddress', linked({ url: '/f/large', thumbnail_url: '/f/small' }))
    const { user } = await openMessages([image(23)], { props: { onView } })
    const place = screen.getByLabelText('查看图片 杯.png')
    expect(place.style.aspectRatio).toBe('640 / 480')
    expect(place.querySelector('img')!.getAttribute('src')).toBe('/f/small')
    await user.click(place)
    await settled()
    expect(onView).toHaveBeenCalledExactlyOnceWith(23)
    expect(net.asked('conversationsFileAddress')).toHaveLength(1)
  })

  it('gets a fresh address where the old one no longer works, and gives up after the second', async () => {
    let asked = 0
    net.answers('conversationsFileAddress', () => linked({ url: `/f/${(asked += 1)}` }))
    await openMessages([image(24)])
    const drawn = (): Element | null => screen.getByLabelText('查看图片 杯.png').querySelector('img')
    for (const next of ['/f/2', '/f/3']) {
      await fireEvent.error(drawn()!)
      await settled()
      expect(drawn()!.getAttribute('src')).toBe(next)
    }
    await fireEvent.error(drawn()!)
    await settled()
    expect(log()).toContain('图片无法显示')
    expect(useThreads().watched?.state).toBe('ready')
  })

  it('closes again with Escape when it was opened large', async () => {
    net.answers('conversationsFileAddress', linked({ url: '/f/large' }))
    const { user } = await openThread([image(25)])
    await user.click(screen.getByLabelText('查看图片 杯.png'))
    await settled()
    const large = await screen.findByRole('dialog')
    await soon(() => expect(within(large).getByRole('img', { name: '杯.png' }).querySelector('img')!.getAttribute('src')).toBe('/f/large'))
    await user.keyboard('{Escape}')
    await soon(() => expect(screen.queryByRole('dialog')).toBeNull())
  })
})
