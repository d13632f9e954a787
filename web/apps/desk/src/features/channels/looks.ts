/** The shelves of the gallery, in their order. */
export const groups = ['site', 'wechat', 'work', 'social', 'abroad', 'mail', 'other'] as const
export type Group = (typeof groups)[number]

// Simple shapes, not the platforms' own marks. A kind that is not here stands on the last shelf.
const looks: Record<string, readonly [Group, string]> = {
  webchat: ['site', 'i-lucide-globe'],
  open: ['site', 'i-lucide-plug'],
  wechat_oa: ['wechat', 'i-lucide-megaphone'],
  wechat_miniprogram: ['wechat', 'i-lucide-layout-grid'],
  wechat_kf: ['wechat', 'i-lucide-headset'],
  wecom: ['work', 'i-lucide-building-2'],
  wecom_robot: ['work', 'i-lucide-bot'],
  dingtalk: ['work', 'i-lucide-zap'],
  feishu: ['work', 'i-lucide-feather'],
  slack: ['work', 'i-lucide-hash'],
  douyin: ['social', 'i-lucide-music'],
  weibo: ['social', 'i-lucide-rss'],
  kuaishou: ['social', 'i-lucide-video'],
  xiaohongshu: ['social', 'i-lucide-book-heart'],
  whatsapp: ['abroad', 'i-lucide-phone'],
  messenger: ['abroad', 'i-lucide-messages-square'],
  instagram: ['abroad', 'i-lucide-camera'],
  telegram: ['abroad', 'i-lucide-send'],
  line: ['abroad', 'i-lucide-message-square-more'],
  email: ['mail', 'i-lucide-mail'],
  sms_twilio: ['mail', 'i-lucide-message-square-text'],
  sms_aliyun: ['mail', 'i-lucide-message-square-text'],
  sms_tencent: ['mail', 'i-lucide-message-square-text'],
}

export const groupOf = (adapter: string): Group => looks[adapter]?.[0] ?? 'other'

const order = Object.keys(looks)

/** Kinds as they stand on a shelf; those nobody knows last, as they come. */
export const inOrder = <T extends { name: string }>(kinds: readonly T[]): T[] => {
  const place = ({ name }: T): number => (name in looks ? order.indexOf(name) : order.length)
  return [...kinds].sort((one, other) => place(one) - place(other))
}

export const glyphOf = (adapter: string): string => looks[adapter]?.[1] ?? 'i-lucide-plug'

const tints: Record<Group, string> = {
  site: 'bg-face-1',
  wechat: 'bg-face-6',
  work: 'bg-face-2',
  social: 'bg-face-4',
  abroad: 'bg-face-3',
  mail: 'bg-face-5',
  other: 'bg-face-5',
}

/** The ground its shape stands on; ink is read on each. */
export const tintOf = (adapter: string): string => tints[groupOf(adapter)]
