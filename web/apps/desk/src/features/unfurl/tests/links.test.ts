import type { LinkPreview } from '@kezhan/api'
import { screen } from '@testing-library/vue'
import { expect, it, vi } from 'vitest'
import { net, settled, soon } from '../../../tests/stage'
import { message } from '../../conversations/tests/fixtures'
import { openMessages } from '../../conversations/tests/scene'

const card: LinkPreview = { seq: 2, address: 'https://shop.example/tea', title: '<b>明前</b>', about: '绿茶', site: 'shop.example', picture: 'data:image/webp;base64,AA' }
const said = [message(1), message(2, { body: '看 https://shop.example/tea' }), message(3, { body: 'http://b.example' })]

it('asks for the messages with a link alone, all at once, and shows what stands behind it as text', async () => {
  net.answers('linksList', { enabled: true, pending: false, items: [card] })
  await openMessages(said)
  const link = await screen.findByRole('link', { name: '<b>明前</b> · 打开 shop.example' })
  expect(link.getAttribute('href')).toBe(card.address)
  expect(link.getAttribute('rel')).toContain('noopener')
  expect(net.asked('linksList')).toHaveLength(1)
})

it('looks again while something is fetched, and not where it is off', async () => {
  let turn = 0
  net.answers('linksList', () => (turn++ ? { enabled: true, pending: false, items: [card] } : { enabled: true, pending: true, items: [] }))
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true })
  await openMessages(said)
  await vi.advanceTimersByTimeAsync(3000)
  await soon(() => expect(screen.getByText('绿茶')).toBeTruthy())
  await vi.advanceTimersByTimeAsync(60_000)
  expect(net.asked('linksList')).toHaveLength(2)
})

it('is quiet where the workspace does not want it', async () => {
  net.answers('linksList', { enabled: false, pending: false, items: [] })
  await openMessages(said)
  await soon(() => expect(net.asked('linksList')).toHaveLength(1))
  await settled()
  expect(screen.queryByRole('link', { name: /打开/ })).toBeNull()
})
