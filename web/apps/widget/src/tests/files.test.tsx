import { within } from '@testing-library/preact'
import { beforeEach, expect, it, vi } from 'vitest'
import type { FileLinked, FilePayload } from '../../../../packages/api/src/generated/types.gen'
import { Far, fireEvent, NOON, openPanel, pass, type Panel, person, Room, ui, until } from './stage'

const MB = 1024 * 1024

function linked(more: Partial<FileLinked> = {}): FileLinked {
  return {
    id: 'f1', name: '茶单.pdf', media_type: 'application/pdf', size: 2048, url: 'https://chat.example/f/f1?s=1', thumbnail_url: null,
    expires_at: new Date(Date.now() + 600_000).toISOString(), ...more,
  }
}

const picture = { name: '茶.png', media_type: 'image/png', width: 800, height: 600, thumbnail: true, thumbnail_url: 'https://chat.example/f/f1?t=1' }

function payload(more: Partial<FilePayload> = {}): FilePayload {
  const { name, media_type, size } = linked()
  return { is: 'file', file_id: 'f1', name, media_type, size, ...more }
}

function file(name: string, type = 'application/pdf', size = 2048): File {
  const made = new File(['x'], name, { type })
  Object.defineProperty(made, 'size', { value: size })
  return made
}

/** The person has chosen files in the dialog of her browser. */
async function picks(panel: Panel, ...files: File[]): Promise<void> {
  const input = document.querySelector<HTMLInputElement>('input[type=file]')!
  Object.defineProperty(input, 'files', { configurable: true, value: files })
  const before = panel.far.uploads.length
  fireEvent.change(input)
  if (files.some(({ size }) => size <= 20 * MB)) await until(() => expect(panel.far.uploads.length).toBeGreaterThan(before))
  await pass()
}

let decodes = true

beforeEach(() => {
  decodes = true
  vi.stubGlobal('Image', class {
    src = ''
    naturalWidth = 800
    naturalHeight = 600
    decode = () => (decodes ? Promise.resolve() : Promise.reject(new Error('not a picture')))
  })
  vi.spyOn(window.URL, 'createObjectURL').mockReturnValue('blob:own')
  vi.spyOn(window.URL, 'revokeObjectURL').mockImplementation(() => undefined)
})

async function talkWith(more: Partial<FilePayload>, kind: 'image' | 'file') {
  const room = new Room()
  room.add('', { kind, payload: payload(more) })
  const far = new Far().gives('/conversations/c/messages/1/file', () => linked(kind === 'image' ? picture : {}))
  return openPanel({ room, far })
}

it('uploads what was chosen, tells how far it is, and sends it as a message', async () => {
  const panel = await openPanel()
  await picks(panel, file('茶单.pdf'))
  const [upload] = panel.far.uploads
  expect((upload!.form!.get('file') as File).name).toBe('茶单.pdf')
  expect(ui.getByText('茶单.pdf')).toBeTruthy()
  upload!.progress(0.42)
  await pass()
  expect(ui.getByRole<HTMLProgressElement>('progressbar', { name: '上传中 42%' }).value).toBeCloseTo(0.42)
  expect(panel.far.line.of('send')).toEqual([])
  upload!.answer(linked())
  await until(() => expect(panel.far.line.of('send')).toMatchObject([{ kind: 'file', file_id: 'f1' }]))
  await pass()
  expect(ui.queryByRole('progressbar')).toBeNull()
})

it('sends a picture as one, and shows it from this device before and while it travels', async () => {
  const panel = await openPanel()
  panel.far.onFrame = () => undefined
  await picks(panel, file('茶.png', 'image/png'))
  expect(ui.getByRole<HTMLImageElement>('img', { name: '茶.png' }).src).toBe('blob:own')
  panel.far.uploads[0]!.answer(linked(picture))
  await until(() => expect(panel.far.line.of('send')).toMatchObject([{ kind: 'image' }]))
  await pass()
  expect(ui.getByRole<HTMLImageElement>('img', { name: '茶.png' }).src).toBe('blob:own')
  expect(panel.far.to('/conversations/c/messages/1/file')).toEqual([])
})

it('uploads what calls itself a picture and is none as the file it is', async () => {
  decodes = false
  const panel = await openPanel()
  await picks(panel, file('broken.png', 'image/png'))
  expect(ui.queryByRole('img', { name: 'broken.png' })).toBeNull()
  expect(window.URL.revokeObjectURL).toHaveBeenCalledWith('blob:own')
  panel.far.uploads[0]!.answer(linked({ name: 'broken.png' }))
  await until(() => expect(panel.far.line.of('send')).toMatchObject([{ kind: 'file' }]))
})

it.each(['image/svg+xml', 'text/html'])('draws no preview of %s, which could carry a script', async (type) => {
  const panel = await openPanel()
  await picks(panel, file('x', type))
  expect(window.URL.createObjectURL).not.toHaveBeenCalled()
  expect(ui.queryByRole('img', { name: 'x' })).toBeNull()
})

it('sends several in the order they were chosen, one message each', async () => {
  const panel = await openPanel()
  await picks(panel, file('一.pdf'), file('二.pdf'))
  expect([panel.far.uploads.length, ui.getAllByRole('progressbar').length]).toEqual([1, 2])
  panel.far.uploads[0]!.answer(linked({ id: 'one' }))
  await until(() => expect(panel.far.uploads).toHaveLength(2))
  panel.far.uploads[1]!.answer(linked({ id: 'two' }))
  await until(() => expect(panel.far.line.of('send').map(({ file_id }) => file_id)).toEqual(['one', 'two']))
})

it('refuses at once what is too large, in words, without sending a byte', async () => {
  const panel = await openPanel()
  await picks(panel, file('电影.mp4', 'video/mp4', 20 * MB + 1))
  await until(() => ui.getByText('文件超过 20 MB'))
  expect(panel.far.uploads).toEqual([])
  await person.presses('删除')
  expect(ui.queryByText('电影.mp4')).toBeNull()
})

it.each([
  ['what the server says', { status: 415, code: 'files.kind', title: '不支持这种文件' }, '不支持这种文件'],
  ['its own words, where there are none', { status: 502 }, '上传失败，请重试'],
])('tells why an upload failed by %s, keeps the file, and tries again', async (_, answer, text) => {
  const panel = await openPanel()
  await picks(panel, file('a.exe'))
  panel.far.uploads[0]!.answer(answer)
  await until(() => ui.getByText(text))
  expect([ui.queryByRole('progressbar'), panel.far.line.of('send')]).toEqual([null, []])
  await person.presses('重试')
  expect(ui.queryByText(text)).toBeNull()
  panel.far.uploads[1]!.answer(linked())
  await until(() => expect(panel.far.line.of('send')).toHaveLength(1))
})

it('does not stop at one that failed', async () => {
  const panel = await openPanel()
  await picks(panel, file('一.pdf'), file('二.pdf'))
  panel.far.uploads[0]!.onerror!()
  await until(() => expect(panel.far.uploads).toHaveLength(2))
  panel.far.uploads[1]!.answer(linked({ id: 'two' }))
  await until(() => expect(panel.far.line.of('send').map(({ file_id }) => file_id)).toEqual(['two']))
  expect(ui.getByText('上传失败，请重试')).toBeTruthy()
})

it('keeps a file that is uploaded when no more messages can wait, and says so', async () => {
  const panel = await openPanel()
  await picks(panel, file('a.pdf'))
  panel.far.network = 'gone'
  panel.far.line.cut()
  for (let n = 0; n < 200; n++) {
    person.field().value = `${n}`
    person.field().dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }))
  }
  panel.far.uploads[0]!.answer(linked())
  await until(() => ui.getByText(/待发送的消息太多/))
  expect(ui.getByText('a.pdf')).toBeTruthy()
})

it.each([['paste', 'clipboardData'], ['drop', 'dataTransfer']])('takes files by %s anywhere on the panel', async (name, carrier) => {
  const panel = await openPanel()
  const event = new Event(name, { bubbles: true, cancelable: true })
  Object.assign(event, { [carrier]: { files: [file('')] } })
  document.body.dispatchEvent(event)
  expect(event.defaultPrevented).toBe(true)
  await until(() => expect(panel.far.uploads).toHaveLength(1))
  await pass()
  expect(ui.getByText('图片')).toBeTruthy()
})

it('leaves pasted text to the field, and does not let a dropped file replace the page', async () => {
  const panel = await openPanel()
  const paste = Object.assign(new Event('paste', { bubbles: true, cancelable: true }), { clipboardData: { files: [] } })
  document.body.dispatchEvent(paste)
  const over = new Event('dragover', { bubbles: true, cancelable: true })
  document.body.dispatchEvent(over)
  expect([paste.defaultPrevented, over.defaultPrevented, panel.far.uploads]).toEqual([false, true, []])
})

it.each([[0, '1 KB'], [2048, '2 KB'], [999 * 1024, '999 KB'], [1000 * 1024, '1.0 MB'], [5.25 * MB, '5.3 MB']])('says %d bytes as %s', async (size, text) => {
  await talkWith({ size }, 'file')
  expect(ui.getByText(text)).toBeTruthy()
})

it('names a document whole, and opens it by an address that is good now', async () => {
  const name = `${'很长的文件名'.repeat(20)}.pdf`
  const panel = await talkWith({ name }, 'file')
  const link = ui.getByRole<HTMLAnchorElement>('link', { name: `下载 ${name}` })
  const pressed = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined)
  await until(() => expect(panel.far.to('/conversations/c/messages/1/file')).toHaveLength(1))
  fireEvent.click(link)
  fireEvent.click(link)
  await until(() => expect(pressed).toHaveBeenCalledTimes(2))
  expect(panel.far.to('/conversations/c/messages/1/file')).toHaveLength(1)
  expect(pressed.mock.contexts[0]).toMatchObject({ href: 'https://chat.example/f/f1?s=1', target: '_blank', rel: 'noopener' })
  vi.setSystemTime(+NOON + 545_000)
  fireEvent.click(link)
  await until(() => expect(panel.far.to('/conversations/c/messages/1/file')).toHaveLength(2))
})

it('says that the line is down when a document cannot be had, and tries again with the next press', async () => {
  const panel = await talkWith({}, 'file')
  await until(() => expect(panel.far.to('/conversations/c/messages/1/file')).toHaveLength(1))
  vi.setSystemTime(+NOON + 600_000)
  panel.far.gives('/conversations/c/messages/1/file', { status: 503 })
  fireEvent.click(ui.getByRole('link'))
  await until(() => ui.getByText(/连接中断/))
  const pressed = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined)
  panel.far.gives('/conversations/c/messages/1/file', linked())
  fireEvent.click(ui.getByRole('link'))
  await until(() => expect(pressed).toHaveBeenCalled())
})

it.each([
  [800, 600, '240px', '180px'], [100, 2000, '64px', '260px'], [50, 30, '64px', '40px'], [2000, 100, '240px', '40px'], [120, 90, '120px', '90px'],
])('keeps the place of a picture of %d by %d before it is there', async (width, height, w, h) => {
  await talkWith({ ...picture, width, height }, 'image')
  const place = ui.getByRole('button', { name: '查看大图：茶.png' })
  expect([place.style.width, place.style.height]).toEqual([w, h])
})

it('shows the small picture in the conversation and the large one over the panel', async () => {
  await talkWith(picture, 'image')
  const small = await until(() => within(ui.getByRole('log')).getByRole<HTMLImageElement>('img', { name: '茶.png' }))
  expect(small.src).toBe('https://chat.example/f/f1?t=1')
  const place = ui.getByRole('button', { name: '查看大图：茶.png' })
  place.focus()
  fireEvent.click(place)
  const dialog = await until(() => ui.getByRole('dialog', { name: '茶.png' }))
  expect(await until(() => within(dialog).getByRole<HTMLImageElement>('img', { name: '茶.png' }).src)).toBe('https://chat.example/f/f1?s=1')
  const [original, close] = [within(dialog).getByRole('button', { name: '查看原图' }), within(dialog).getByRole('button', { name: '收起在线客服' })]
  expect(document.activeElement).toBe(close)
  await person.keys('Tab')
  expect(document.activeElement).toBe(within(dialog).getByRole('button', { name: '放大或还原' }))
  for (let stop = 0; stop < 3; stop += 1) await person.keys('Tab')
  expect(document.activeElement).toBe(close)
  expect(within(dialog).queryByRole('button', { name: '下一张' }), 'there is no other').toBeNull()
  const opened = vi.spyOn(window, 'open').mockReturnValue(null)
  fireEvent.click(original)
  expect(opened).toHaveBeenCalledWith('https://chat.example/f/f1?s=1', '_blank', 'noopener')
})

it.each([
  ['Escape', () => person.keys('Escape')],
  ['its button', async () => void fireEvent.click(within(ui.getByRole('dialog')).getByRole('button', { name: '收起在线客服' }))],
])('puts the large picture away by %s, gives the focus back, and leaves the panel open', async (_, leave) => {
  const panel = await talkWith(picture, 'image')
  await pass()
  const place = ui.getByRole('button', { name: '查看大图：茶.png' })
  place.focus()
  fireEvent.click(place)
  await until(() => ui.getByRole('dialog'))
  await leave()
  expect([ui.queryByRole('dialog'), document.activeElement, panel.last('close')]).toEqual([null, place, undefined])
})

it('asks for a new address when a picture no longer comes', async () => {
  const panel = await talkWith(picture, 'image')
  const small = await until(() => within(ui.getByRole('log')).getByRole('img', { name: '茶.png' }))
  vi.setSystemTime(+NOON + 700_000)
  panel.far.gives('/conversations/c/messages/1/file', () => linked({ ...picture, thumbnail_url: 'https://chat.example/f/f1?t=2' }))
  fireEvent.error(small)
  await until(() => expect(within(ui.getByRole('log')).getByRole<HTMLImageElement>('img', { name: '茶.png' }).src).toContain('t=2'))
})

it('breaks an upload off on wish: nothing is sent, and the next one has its turn', async () => {
  const panel = await openPanel()
  await picks(panel, file('一.pdf'), file('二.pdf'), file('三.pdf'))
  const rows = () => ui.getAllByRole('article')
  fireEvent.click(within(rows()[2]!).getByRole('button', { name: '取消' }))
  fireEvent.click(within(rows()[0]!).getByRole('button', { name: '取消' }))
  await until(() => expect(panel.far.uploads).toHaveLength(2))
  await pass()
  expect([panel.far.uploads[0]!.aborted, rows().length]).toEqual([true, 1])
  panel.far.uploads[0]!.answer(linked({ id: 'late' }))
  panel.far.uploads[1]!.answer(linked({ id: 'two' }))
  await until(() => expect(panel.far.line.of('send').map(({ file_id }) => file_id)).toEqual(['two']))
  await pass()
  expect([panel.far.uploads.length, ui.queryByRole('progressbar')]).toEqual([2, null])
})

it('asks once for a fresh address where the one it has does not work, and lets it be then', async () => {
  let asked = 0
  const room = new Room()
  room.add('', { kind: 'image', payload: payload(picture) })
  const far = new Far().gives('/conversations/c/messages/1/file', () => linked({ ...picture, thumbnail_url: `https://chat.example/f/f1?t=${++asked}` }))
  await openPanel({ room, far })
  const small = () => within(ui.getByRole('log')).getByRole<HTMLImageElement>('img', { name: '茶.png' })
  await until(() => expect(small().src).toContain('t=1'))
  fireEvent.error(small())
  await until(() => expect(small().src).toContain('t=2'))
  fireEvent.error(small())
  fireEvent.error(small())
  await pass()
  expect([asked, small().src]).toEqual([2, 'https://chat.example/f/f1?t=2'])
  fireEvent.load(small())
  fireEvent.error(small())
  await until(() => expect(small().src).toContain('t=3'))
})
