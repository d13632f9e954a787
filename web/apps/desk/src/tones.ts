import type { Tag } from '@kezhan/api'

/** The colours people may give to things, by name. */
export const tones: Record<Tag['colour'], string> = {
  ink: 'text-ink-soft',
  pine: 'text-green',
  amber: 'text-amber',
  red: 'text-red',
  blue: 'text-blue',
  violet: 'text-violet',
}
