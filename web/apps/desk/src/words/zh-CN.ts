import type { Words } from '../i18n'

// The widget's words stay out: they travel with the widget.
export const words = import.meta.glob<Words>(
  ['../../../../../kezhan/locales/zh-CN/*.json', '!../../../../../kezhan/locales/zh-CN/widget*.json'],
  { eager: true, import: 'default' },
)
