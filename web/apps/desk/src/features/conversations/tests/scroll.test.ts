import type { Message } from '@kezhan/api'
import { fireEvent, screen } from '@testing-library/vue'
import { expect, it, vi } from 'vitest'
import { net, settled, soon } from '../../../tests/stage'
import { useOutbox } from '..'
import { changed, mark, ME, message } from './fixtures'
import { openMessages } from './scene'

const me = { kind: 'agent' as const, id: ME, name: '小林' }
const scroller = (): HTMLElement => screen.getByRole('log').parentElement!
const pill = (): string | undefined => screen.queryByText(/回到最新|条新消息/)?.textContent?.trim()
const read = (): number[] => net.saidOf('mark').map((one) => one.read_seq ?? 0)

/** The thread is `high` pixels high in a window of 500, and the reader, who was at its end, stands at `top`. */
async function standAt(top: number, high = 3000): Promise<void> {
  Object.defineProperty(scroller(), 'scrollHeight', { configurable: true, value: high })
  Object.defineProperty(scroller(), 'clientHeight', { configurable: true, value: 500 })
  for (const place of [high - 500, top]) {
    scroller().scrollTop = place
    await fireEvent.scroll(scroller())
  }
  await settled()
}

it('offers the way to the newest only where it is out of sight, and counts what comes meanwhile', async () => {
  const { user } = await openMessages([message(1)])
  await standAt(2480)
  expect(pill()).toBeUndefined()
  await standAt(1000)
  expect(pill()).toBe('回到最新')
  net.tell(changed(1, 2, { messages: [message(2)] }))
  await settled()
  net.tell(changed(2, 3, { messages: [message(3)] }))
  await settled()
  expect(pill()).toBe('2 条新消息')
  await user.click(screen.getByText('2 条新消息'))
  await settled()
  expect(pill()).toBeUndefined()
  expect(scroller().scrollTop).toBe(3000)
})

it('counts an edit, a mark or a colleague’s typing as nothing new', async () => {
  await openMessages([message(1), message(2)])
  await standAt(1000)
  net.tell(changed(2, 3, { messages: [message(1, { rev: 3, body: 'edited' })], marks: [mark({ delivered_seq: 2, rev: 3 })] }))
  net.tell({ type: 'typing', conversation_id: 'c1', author: { kind: 'agent', id: 'x', name: '周子安' } })
  await settled()
  expect(pill()).toBe('回到最新')
})

it('reads nothing that is out of sight, and all of it at the bottom', async () => {
  await openMessages([message(1)])
  await standAt(1000)
  net.tell(changed(1, 2, { messages: [message(2)] }))
  await settled()
  expect(read()).toEqual([1, 0, 0])
  await standAt(2500)
  expect(read().at(-1)).toBe(2)
})

it('goes to the bottom with an own message, wherever the reader stood', async () => {
  await openMessages([message(1)])
  await standAt(1000)
  useOutbox().say('c1', 'text', '好')
  await soon(() => expect(scroller().scrollTop).toBe(3000))
  expect(pill()).toBeUndefined()
})

it('stays in place while a customer’s message comes above an own one that is on its way', async () => {
  await openMessages([message(1)])
  await standAt(1000)
  const moved = vi.spyOn(scroller(), 'scrollTo')
  net.tell(changed(1, 2, { messages: [message(2)] }))
  await settled()
  expect(moved).not.toHaveBeenCalled()
  expect(scroller().scrollTop).toBe(1000)
})

it('keeps what is under the eye while an older page comes in above it', async () => {
  const answer = net.holds('conversationsOlder')
  await openMessages([message(51), message(52)])
  await standAt(900)
  const log = screen.getByRole('log')
  // The page is 1,000 pixels higher from the moment that it is drawn.
  Object.defineProperty(scroller(), 'scrollHeight', { configurable: true, get: () => (log.textContent!.includes('m50') ? 4000 : 3000) })
  answer({ items: [message(50)], next: null })
  await soon(() => expect(log.textContent).toContain('m50'))
  await settled()
  expect(scroller().scrollTop).toBe(1900)
})

it('begins at the unread line where there is one', async () => {
  const seen: (Element | null)[] = []
  vi.spyOn(Element.prototype, 'scrollIntoView').mockImplementation(function into(this: Element) {
    seen.push(this)
  })
  const messages: Message[] = [message(1), message(2, { author: me }), message(3)]
  await openMessages(messages, { snapshot: { marks: [mark({ party: 'agent', party_id: ME, read_seq: 1 })] } })
  expect(seen.map((one) => one?.textContent)).toEqual(['以下是未读消息'])
})

it('stays at the end while what stands there grows, though a scroll is told of first', async () => {
  await openMessages([message(1)])
  await standAt(2500)
  Object.defineProperty(scroller(), 'scrollHeight', { configurable: true, value: 3400 })
  await fireEvent.scroll(scroller())
  expect(pill()).toBeUndefined()
})
