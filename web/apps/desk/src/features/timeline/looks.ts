import type { TimelineItem } from '@kezhan/api'

type Kind = TimelineItem['kind']

/** What can be looked at by itself. */
export const groups: Readonly<Record<string, readonly Kind[]>> = {
  talks: ['opened', 'closed', 'wrapped'],
  visits: ['visited'],
  profile: ['came', 'edited', 'tagged', 'untagged', 'merged', 'parted'],
  notes: ['noted'],
  rated: ['rated'],
  privacy: ['privacy'],
}

export const icons: Readonly<Record<Kind, string>> = {
  opened: 'i-lucide-message-circle',
  closed: 'i-lucide-circle-check',
  wrapped: 'i-lucide-clipboard-check',
  rated: 'i-lucide-star',
  visited: 'i-lucide-globe',
  came: 'i-lucide-plug',
  noted: 'i-lucide-notebook-pen',
  edited: 'i-lucide-pencil',
  tagged: 'i-lucide-tag',
  untagged: 'i-lucide-tag',
  merged: 'i-lucide-merge',
  parted: 'i-lucide-split',
  privacy: 'i-lucide-user-round-check',
}
