import type { Message } from '@kezhan/api'
import { fireEvent, screen, within } from '@testing-library/vue'
import { describe, expect, it, vi } from 'vitest'
import { agentMay, me as signedIn, net, place, settled, type Scene } from '../../../tests/stage'
import { useOutbox, useThreads } from '..'
import { line } from '../../realtime'
import EmojiPicker from '../components/EmojiPicker.vue'
import { changed, head, ME, message } from './fixtures'
import { keeps, openComposer, openThread } from './scene'

const me = { kind: 'agent' as const, id: ME, name: '小林' }
const field = (): HTMLTextAreaElement => screen.getByRole<HTMLTextAreaElement>('textbox', { hidden: true })
const sends = (): object[] => net.saidOf('send').map(({ kind, body, quote_seq }) => ({ kind, body, ...(quote_seq ? { quote_seq } : {}) }))
const button = (name: string): HTMLButtonElement => screen.getByRole('button', { name })
const own = (seq: number, more: Partial<Message> = {}): Message => message(seq, { author: me, at: new Date().toISOString(), ...more })

async function choose(scene: Scene, seq: number, act: string): Promise<void> {
  const bubble = document.querySelector<HTMLElement>(`[data-seq="${seq}"]`)!
  await scene.user.click(within(bubble).getByLabelText('消息操作'))
  await settled()
  await scene.user.click(screen.getByRole('menuitem', { name: act, hidden: true }))
  await settled()
}

describe('sending', () => {
  it('goes out with Enter, trimmed, empties the field and keeps the focus', async () => {
    const { user } = await openComposer()
    await user.click(field())
    await user.keyboard('  有的 {Enter}')
    expect(sends()).toEqual([{ kind: 'text', body: '有的' }])
    expect(field().value).toBe('')
    expect(document.activeElement).toBe(field())
  })

  it('takes a second Enter for nothing, and two messages for two', async () => {
    const { user } = await openThread([message(1)])
    await user.click(field())
    await user.keyboard('a{Enter}{Enter}')
    expect(sends()).toHaveLength(1)
    await user.keyboard('a{Enter}')
    const ids = net.saidOf('send').map((one) => one.client_id)
    expect(new Set(ids).size).toBe(2)
  })

  it('makes a new line with Shift and Enter', async () => {
    const { user } = await openComposer()
    await user.click(field())
    await user.keyboard('一{Shift>}{Enter}{/Shift}二')
    expect(field().value).toBe('一\n二')
    expect(sends()).toEqual([])
    await user.click(button('发送'))
    expect(sends()).toEqual([{ kind: 'text', body: '一\n二' }])
  })

  it.each([
    ['while an input method is composing', { isComposing: true }],
    ['where only the old key code tells of an input method', { keyCode: 229 }],
  ])('leaves Enter alone %s', async (_, how) => {
    const { user } = await openComposer()
    await user.type(field(), 'nihao')
    await fireEvent.keyDown(field(), { key: 'Enter', ...how })
    expect(sends()).toEqual([])
    expect(field().value).toBe('nihao')
  })

  it('is left to the button on a phone, where Enter makes a new line', async () => {
    const { user } = await openComposer({ props: { phone: true } })
    await user.click(field())
    await user.keyboard('一{Enter}二')
    expect(sends()).toEqual([])
    await user.click(button('发送'))
    expect(sends()).toEqual([{ kind: 'text', body: '一\n二' }])
  })

  it.each(['', '   ', '\n\n'])('does not send %j', async (text) => {
    await openComposer()
    await fireEvent.update(field(), text)
    expect(button('发送').disabled).toBe(true)
    await fireEvent.submit(field().closest('form')!)
    expect(sends()).toEqual([])
  })

  it('stops at ten thousand characters and counts the last five hundred', async () => {
    await openComposer()
    expect(field().maxLength).toBe(10_000)
    expect(screen.queryByText(/\/ 10000/)).toBeNull()
    await fireEvent.update(field(), '长'.repeat(9501))
    expect(screen.getByText('9501 / 10000')).toBeTruthy()
  })

  it('tells who is served by somebody else that the customer will see it', async () => {
    await openThread([message(1)], { snapshot: { head: head({ assignee_id: 'other', assignee_name: '周子安' }) } })
    expect(screen.getByText('周子安 正在接待；你发送的消息客户会看到。')).toBeTruthy()
  })
})

describe('what stands in its place', () => {
  it.each<[string, object, object, string, string | null]>([
    ['nobody serves', { state: 'queued', assignee_id: null }, {}, '还没有客服接待，接入后可以回复。', '接入'],
    ['it is closed', { state: 'closed' }, {}, '会话已结束，重新打开后可以继续。', '重新打开'],
    ['the role may only look on', {}, { permissions: agentMay.filter((right) => right !== 'conversation.reply') }, '你的角色只能查看会话。', null],
  ])('where %s', async (_, more, who, words, act) => {
    await openThread([message(1)], { snapshot: { head: head(more) }, me: who })
    expect(screen.queryByRole('textbox')).toBeNull()
    const foot = screen.getByText(words).parentElement!
    expect(foot.querySelector('button')?.textContent?.trim() ?? null).toBe(act)
  })

  it('gives way when the conversation is taken, here or elsewhere', async () => {
    await openThread([message(1)], { snapshot: { head: head({ state: 'queued', assignee_id: null }) } })
    net.tell(changed(1, 2, { head: head({ rev: 2 }) }))
    await settled()
    expect(field()).toBeTruthy()
  })
})

describe('a note', () => {
  it('is unmistakable, goes out as a note, and the field stays for notes', async () => {
    const { user } = await openComposer()
    await user.click(screen.getByLabelText('内部备注'))
    expect(screen.getByText('内部备注，客户看不到')).toBeTruthy()
    expect(field().placeholder).toBe('写给同事的备注，客户看不到…')
    await user.type(field(), '老客户{Enter}')
    expect(sends()).toEqual([{ kind: 'note', body: '老客户' }])
    expect(button('添加备注').disabled).toBe(true)
  })

  it('is heard by colleagues alone while it is written, and takes no files', async () => {
    const { user } = await openComposer({ snapshot: { draft: '', draft_is_note: true } })
    await user.type(field(), '秘密')
    expect(net.saidOf('typing')).toEqual([{ type: 'typing', conversation_id: 'c1', active: true, note: true }])
    expect(screen.getByLabelText<HTMLButtonElement>('添加图片或文件').disabled).toBe(true)
    await fireEvent.paste(field(), { clipboardData: { files: [new File(['x'], 'a.png', { type: 'image/png' })] } })
    expect(screen.queryByRole('list', { name: '待发送的文件' })).toBeNull()
  })
})

describe('a draft', () => {
  it('is on the server a moment after the last key, once, and comes back with the conversation', async () => {
    const { user } = await openComposer({ snapshot: { draft: '上次写到', draft_is_note: true } })
    expect(field().value).toBe('上次写到')
    expect(screen.getByText('内部备注，客户看不到')).toBeTruthy()
    vi.useFakeTimers()
    await user.type(field(), '这里')
    expect(net.asked('conversationsPutDraft')).toEqual([])
    await vi.advanceTimersByTimeAsync(700)
    expect(net.asked('conversationsPutDraft')).toMatchObject([{ path: { conversation_id: 'c1' }, body: { body: '上次写到这里', note: true } }])
    await vi.advanceTimersByTimeAsync(5000)
    expect(net.asked('conversationsPutDraft')).toHaveLength(1)
  })

  it('is saved when the conversation is left before that moment, and is still there on coming back', async () => {
    net.answers('conversationsPutDraft', keeps)
    const { user, unmount } = await openComposer()
    await user.type(field(), '没写完')
    unmount()
    await settled()
    expect(net.asked('conversationsPutDraft').at(-1)?.body).toEqual({ body: '没写完', note: false, version: 0 })
    expect(useThreads().watched?.draft).toMatchObject({ body: '没写完', note: false })
  })

  it('is emptied on the server when it has been sent', async () => {
    const { user } = await openComposer({ snapshot: { draft: '好的' } })
    vi.useFakeTimers()
    await user.type(field(), '{Enter}')
    await vi.advanceTimersByTimeAsync(700)
    expect(net.asked('conversationsPutDraft').map((one) => one.body)).toEqual([{ body: '', note: false, version: 0 }])
  })

  it('that could not be kept stays in the field and is tried with the next key', async () => {
    net.breaks('conversationsPutDraft')
    const { user } = await openComposer()
    vi.useFakeTimers()
    await user.type(field(), 'a')
    await vi.advanceTimersByTimeAsync(700)
    expect(field().value).toBe('a')
    net.answers('conversationsPutDraft', keeps)
    await user.type(field(), 'b')
    await vi.advanceTimersByTimeAsync(700)
    expect(net.asked('conversationsPutDraft').at(-1)?.body).toEqual({ body: 'ab', note: false, version: 0 })
  })
})

describe('typing is told to the customer', () => {
  it('at the first key, then at most every two seconds, and when it has stopped', async () => {
    const { user } = await openComposer()
    vi.useFakeTimers()
    await user.type(field(), 'abc')
    expect(net.saidOf('typing')).toEqual([{ type: 'typing', conversation_id: 'c1', active: true }])
    vi.advanceTimersByTime(2100)
    await user.type(field(), 'd')
    expect(net.saidOf('typing')).toHaveLength(2)
    vi.advanceTimersByTime(4000)
    expect(net.saidOf('typing').map((one) => one.active)).toEqual([true, true, false])
    vi.advanceTimersByTime(60_000)
    expect(net.saidOf('typing')).toHaveLength(3)
  })

  it.each([
    ['sent', '{Enter}'],
    ['wiped out', '{Backspace}'],
  ])('until it is %s', async (_, keys) => {
    const { user } = await openComposer()
    await user.type(field(), `a${keys}`)
    expect(net.saidOf('typing').map((one) => one.active)).toEqual([true, false])
  })

  it('until the conversation is left', async () => {
    const { user, unmount } = await openComposer()
    await user.type(field(), 'a')
    unmount()
    expect(net.saidOf('typing').at(-1)).toMatchObject({ active: false })
  })
})

describe('quoting and editing', () => {
  it('quotes a message once, and not with the next one', async () => {
    const scene = await openThread([message(1, { body: '有货吗' })])
    await choose(scene, 1, '引用')
    expect(screen.getByText('引用：有货吗')).toBeTruthy()
    await scene.user.type(field(), '有{Enter}还要吗{Enter}')
    expect(sends()).toEqual([{ kind: 'text', body: '有', quote_seq: 1 }, { kind: 'text', body: '还要吗' }])
  })

  it('lets go of a quote with Escape and keeps what is written', async () => {
    const scene = await openThread([message(1, { body: '有货吗' })])
    await choose(scene, 1, '引用')
    await scene.user.type(field(), '有{Escape}')
    expect(screen.queryByText('引用：有货吗')).toBeNull()
    expect(field().value).toBe('有')
  })

  it('edits in the same field, keeps the draft beside it, and tells the server the new words', async () => {
    const scene = await openThread([own(1, { body: '有的' })], { snapshot: { draft: '草稿' } })
    await choose(scene, 1, '编辑')
    expect(field().value).toBe('有的')
    await scene.user.type(field(), '，刚到{Enter}')
    expect(net.saidOf('edit')).toMatchObject([{ conversation_id: 'c1', seq: 1, body: '有的，刚到' }])
    expect(field().value).toBe('草稿')
    expect(sends()).toEqual([])
  })

  it.each([
    ['the words are the same', '{Enter}'],
    ['it is called off', 'x{Escape}'],
  ])('tells the server nothing where %s', async (_, keys) => {
    const scene = await openThread([own(1, { body: '有的' })])
    await choose(scene, 1, '编辑')
    await scene.user.type(field(), keys)
    expect(net.saidOf('edit')).toEqual([])
    expect(field().value).toBe('')
  })

  it('says why an edit was refused and leaves the message as it was', async () => {
    const scene = await openThread([own(1, { body: '有的' })])
    await choose(scene, 1, '编辑')
    await scene.user.type(field(), '！{Enter}')
    const { ref } = net.saidOf('edit')[0]!
    net.tell({ type: 'refused', ref, code: 'conversations.too_late', title: '发送超过 10 分钟，不能再修改或撤回。' })
    expect(await screen.findByText('发送超过 10 分钟，不能再修改或撤回。')).toBeTruthy()
    expect(document.querySelector('[data-seq="1"]')!.textContent).toContain('有的')
  })

  it('recalls only after asking, with the words before her eyes', async () => {
    const scene = await openThread([own(1, { body: '说错了' })])
    await choose(scene, 1, '撤回')
    const dialog = screen.getByRole('dialog')
    expect(dialog.textContent).toContain('撤回这条消息？')
    expect(dialog.textContent).toContain('说错了')
    await scene.user.click(within(dialog).getByText('取消'))
    expect(net.saidOf('recall')).toEqual([])
    await settled()
    await choose(scene, 1, '撤回')
    await scene.user.click(within(screen.getByRole('dialog')).getByText('撤回'))
    expect(net.saidOf('recall')).toMatchObject([{ conversation_id: 'c1', seq: 1 }])
  })
})

describe('the emoji', () => {
  const sign = (): string => document.activeElement!.textContent!.trim()

  it('are one tab stop, walked in rows of eight, and stop at the first', async () => {
    const onPick = vi.fn()
    const { user } = await place(EmojiPicker, { onPick })
    await user.tab()
    expect(sign()).toBe('😀')
    await user.keyboard('{ArrowRight}{ArrowDown}')
    expect(sign()).toBe('😇')
    await user.keyboard('{ArrowUp}{ArrowUp}{ArrowLeft}')
    expect(sign()).toBe('😀')
    await user.keyboard('{Enter}')
    expect(onPick).toHaveBeenCalledExactlyOnceWith('😀')
  })
})

describe('without a line', () => {
  it('keeps what is sent, over a reload too, and sends it when the line is back, in order and under the same names', async () => {
    const { user } = await openThread([message(1)])
    net.lineUp = false
    net.sockets.at(-1)!.end(1006)
    await user.type(field(), '一{Enter}二{Enter}')
    expect(sends()).toEqual([])
    expect(useOutbox().waiting).toBe(2)
    const kept = JSON.parse(localStorage.getItem(`kz.outbox.${ME}`)!) as { client_id: string; body: string }[]
    expect(kept.map((one) => one.body)).toEqual(['一', '二'])
    net.lineUp = true
    line.hurry()
    await settled()
    expect(net.saidOf('send').map((one) => one.client_id)).toEqual(kept.map((one) => one.client_id))
    net.sockets.at(-1)!.end(1006)
    line.hurry()
    await settled()
    expect(sends()).toHaveLength(4)
    expect(new Set(net.saidOf('send').map((one) => one.client_id)).size).toBe(2)
  })

  it('gives a kept message to the one who wrote it, never to the next who signs in here', async () => {
    localStorage.setItem(`kz.outbox.${ME}`, JSON.stringify([{ client_id: 'k1', conversation_id: 'c1', kind: 'text', body: '留言', at: '2026-11-22T08:00:00.000Z', state: 'sending' }]))
    net.answers('workspacesGetMe', signedIn({ id: 'somebody-else' }))
    await place(() => (useOutbox(), null))
    expect(sends()).toEqual([])
    expect(useOutbox().box).toEqual([])
  })
})
