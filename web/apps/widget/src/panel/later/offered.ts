import { type Card, newId } from '@kezhan/client'
import type { Chat } from '../chat'

const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '')

/** What the page says of a product or an order, as a card; nothing where it says too little. */
function cardOf(is: 'product' | 'order', value: unknown): Card | undefined {
  const { title, price, url, image, number, state, total, items } = (value ?? {}) as Record<string, unknown>
  if (is === 'product') return text(title) ? { is, title: text(title), price: text(price), url: text(url), image_url: text(image) } : undefined
  const listed = Array.isArray(items) ? items.map((item) => ({ title: text(item?.title), count: Number(item?.count) || 1 })) : []
  return text(number) ? { is, number: text(number), state: text(state), total: text(total), url: text(url), items: listed } : undefined
}

/** Stands above the field until it is sent or put away; the page takes it back with nothing. */
export function offer(chat: Chat, is: 'product' | 'order', value: unknown): void {
  const card = cardOf(is, value)
  chat.offered = card && { client_id: newId(), card }
  if (card && chat.view) void import('../thread/parts').then(({ part }) => part('menu', chat))
  chat.changed()
}
