import { expect, it } from 'vitest'
import { Far, openPanel, Room, ui, until } from './stage'

const CARD = { seq: 1, address: 'https://shop.example/tea', title: '<b>明前</b>', about: '', site: 'shop.example', picture: 'data:image/webp;base64,AA' }
const PATH: string = '/conversations/c/link-cards?seq=1'

async function talk(answer: object, text: string): Promise<Far> {
  const far = new Far()
  const room = new Room()
  far.gives(PATH, answer)
  room.mine(text)
  await openPanel({ far, room })
  return far
}

it('shows what stands behind a link, as text, and tells the other site nothing', async () => {
  await talk({ enabled: true, pending: false, items: [CARD] }, '看 https://shop.example/tea')
  await until(() => expect(ui.queryByText('<b>明前</b>')).toBeTruthy())
  const card = ui.getByText('<b>明前</b>').closest('a')!
  expect([card.getAttribute('href'), card.target, card.rel]).toEqual([CARD.address, '_blank', 'noopener noreferrer'])
})

it('asks nothing where there is no link', async () => {
  const far = await talk({ enabled: true, pending: false, items: [CARD] }, '你好')
  expect([far.to(PATH), ui.queryByRole('link')]).toEqual([[], null])
})
