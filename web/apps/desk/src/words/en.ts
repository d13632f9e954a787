import type { Words } from '../i18n'

// The widget's words stay out, they travel with the widget; refusals of rooms that say nothing else come with the answer.
export const words = import.meta.glob<Words>(
  ['../../../../../kezhan/locales/en/*.json', '!../../../../../kezhan/locales/en/widget*.json', '!../../../../../kezhan/locales/en/staffchat.json'],
  { eager: true, import: 'default' },
)
