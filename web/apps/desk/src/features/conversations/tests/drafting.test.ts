import type { DraftView } from '@kezhan/api'
import { screen } from '@testing-library/vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { net, settled, soon } from '../../../tests/stage'
import { useThreads } from '..'
import { bringAll, hold, joined, unsaved } from '../drafting'
import { openComposer } from './scene'

/** A server with one draft, which others may write too. */
let kept: DraftView
const field = (): HTMLTextAreaElement => screen.getByRole<HTMLTextAreaElement>('textbox')

beforeEach(() => {
  localStorage.clear()
  kept = { body: '', note: false, version: 0, kept: true }
  net.answers('conversationsGetDraft', () => kept)
  net.answers('conversationsPutDraft', ({ body: { body, note = false, version } }) => {
    const fits = version === kept.version || kept.body === '' || kept.body === body
    if (fits) kept = { body, note, version: kept.version + 1, kept: true }
    return fits ? kept : { ...kept, kept: false }
  })
})

describe('two who have written', () => {
  const mine = { body: '我写的', note: false, version: 1 }
  it.each([
    ['both stay', '别处写的', '别处写的\n我写的'],
    ['the longer holds the shorter', '我写', '我写的'],
    ['the longer holds the shorter, whoever wrote it', '刚才我写的话', '刚才我写的话'],
    ['nothing adds nothing', ' ', '我写的'],
  ])('%s', (_, body, both) => {
    expect(joined(mine, { body, note: false, version: 7 })).toEqual({ body: both, note: false, version: 7 })
  })

  it('what was to stay inside stays inside', () => {
    expect(joined(mine, { body: '内部', note: true, version: 2 }).note).toBe(true)
    expect(joined({ ...mine, note: true }, { body: '给客户的', note: false, version: 2 }).note).toBe(true)
    expect(joined({ ...mine, body: '' }, { body: '内部', note: true, version: 2 })).toEqual({ body: '内部', note: true, version: 2 })
  })
})

it('both are in the field, and on the server, when another device was quicker', async () => {
  const { user } = await openComposer()
  kept = { body: '手机上的', note: true, version: 4, kept: true }
  vi.useFakeTimers()
  await user.type(field(), '电脑上的')
  await vi.advanceTimersByTimeAsync(1500)
  expect(field().value).toBe('手机上的\n电脑上的')
  expect(screen.getByText('内部备注，客户看不到')).toBeTruthy()
  expect([kept.body, kept.note, kept.version]).toEqual(['手机上的\n电脑上的', true, 5])
  expect(unsaved('c1')).toBeNull()
})

it('what another device writes is shown to who has not written, and not again when it is our own', async () => {
  await openComposer()
  kept = { body: '手机上的', note: false, version: 2, kept: true }
  net.tell({ type: 'draft', conversation_id: 'c1', version: 2 })
  await soon(() => expect(field().value).toBe('手机上的'))
  net.tell({ type: 'draft', conversation_id: 'c1', version: 2 })
  await settled()
  expect(net.asked('conversationsGetDraft')).toHaveLength(1)
  expect(net.asked('conversationsPutDraft')).toEqual([])
})

it('written without a network it is there after a reload, and goes out when the line is back', async () => {
  net.breaks('conversationsPutDraft')
  const { user, unmount } = await openComposer()
  vi.useFakeTimers()
  await user.type(field(), '路上写的')
  await vi.advanceTimersByTimeAsync(700)
  unmount()
  vi.useRealTimers()
  await settled()
  expect(unsaved('c1')?.body).toBe('路上写的')
  net.answers('conversationsPutDraft', ({ body: { body, note = false } }) => (kept = { body, note, version: 9, kept: true }))
  await bringAll()
  expect([kept.body, unsaved('c1')]).toEqual(['路上写的', null])
})

it('an answer that was lost makes nobody else of us', async () => {
  const { user } = await openComposer()
  vi.useFakeTimers()
  net.answers('conversationsPutDraft', ({ body: { body, note = false } }) => {
    kept = { body, note, version: kept.version + 1, kept: true }
    throw new Error('lost')
  })
  await user.type(field(), '好')
  await vi.advanceTimersByTimeAsync(700)
  net.answers('conversationsPutDraft', ({ body: { body, note = false, version } }) => {
    if (version !== kept.version) return { ...kept, kept: false }
    return (kept = { body, note, version: kept.version + 1, kept: true })
  })
  await user.type(field(), '{Enter}')
  await vi.advanceTimersByTimeAsync(1500)
  expect([field().value, kept.body]).toEqual(['', ''])
  expect(useThreads().watched?.draft?.body).toBe('')
})

it('a draft that nobody can read is none', () => {
  hold('c9', { body: 'x', note: false, version: 1 })
  localStorage.setItem(Object.keys(localStorage)[0]!, '{')
  expect(unsaved('c9')).toBeNull()
})
