import type { ShopOrder } from '@kezhan/api'

/** An order as words for the composer: what a customer would want to read of it. */
export function told(order: ShopOrder, t: (key: string, values: Record<string, unknown>) => string): string {
  const items = (order.items ?? []).map(({ name, quantity = 1 }) => (quantity === 1 ? name : `${name} × ${quantity}`))
  return [t('desk_past.order.number', { number: order.number }), order.status, items.join('、'), order.total].filter(Boolean).join(' · ')
}
