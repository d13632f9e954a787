import type { ListName, View } from '@kezhan/api'

/** A list of the workbench: one of the fixed ones, or `view-` and a view's id. */
export type ListKey = ListName | `view-${string}`

const VIEW = 'view-'

export const isView = (list: string): list is `view-${string}` => list.startsWith(VIEW)

export const viewIdOf = (list: string): string => (isView(list) ? list.slice(VIEW.length) : '')

export const keyOf = ({ id }: Pick<View, 'id'>): ListKey => `view-${id}`

export const sorts = ['active', 'waiting', 'priority', 'opened', 'wake'] as const

/** Written out, so that each is found and travels with the build. */
export const icons: Record<NonNullable<View['icon']>, string> = {
  inbox: 'i-lucide-inbox',
  star: 'i-lucide-star',
  clock: 'i-lucide-clock',
  flag: 'i-lucide-flag',
  flame: 'i-lucide-flame',
  crown: 'i-lucide-crown',
  heart: 'i-lucide-heart',
  bell: 'i-lucide-bell',
  tag: 'i-lucide-tag',
  users: 'i-lucide-users',
  globe: 'i-lucide-globe',
  mail: 'i-lucide-mail',
  phone: 'i-lucide-phone',
  package: 'i-lucide-package',
  'credit-card': 'i-lucide-credit-card',
  shield: 'i-lucide-shield',
  smile: 'i-lucide-smile',
  frown: 'i-lucide-frown',
  moon: 'i-lucide-moon',
  zap: 'i-lucide-zap',
}

export const iconOf = (view: Pick<View, 'icon'>): string => icons[view.icon ?? 'inbox'] ?? icons.inbox
