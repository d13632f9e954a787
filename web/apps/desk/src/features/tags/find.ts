import type { Tag } from '@kezhan/api'

export type Thing = 'contact' | 'conversation'

/** One form for full and half width, upper and lower case. */
export const plain = (text: string): string => text.normalize('NFKC').toLowerCase().split(/\s+/).filter(Boolean).join(' ')

export const isInUse = ({ archived, merged_into }: Tag): boolean => !archived && !merged_into

export const isFor = (tag: Tag, thing: Thing): boolean => (thing === 'contact' ? tag.for_contacts : tag.for_conversations)

/** Those that stand under these ids by now, each once; one that was merged is the one in its place. */
export function shown(tags: readonly Tag[], ids: readonly string[]): Tag[] {
  const known = new Map(tags.map((tag) => [tag.id, tag]))
  return [...new Set(ids.flatMap((id) => known.get(known.get(id)?.merged_into ?? id) ?? []))]
}

/** By name, its group, or how it sounds: what begins with the words first. */
export function found(tags: readonly Tag[], words: string): Tag[] {
  const asked = plain(words)
  if (!asked) return [...tags]
  const typed = asked.replaceAll(' ', '')
  const rank = ({ name, group, pinyin, initials }: Tag): number => {
    const is = plain(name)
    if (is.startsWith(asked)) return 0
    if (is.includes(asked)) return 1
    if (initials.startsWith(typed) || pinyin.startsWith(typed)) return 2
    if (initials.includes(typed) || pinyin.includes(typed)) return 3
    return plain(group).includes(asked) ? 4 : 5
  }
  return tags
    .map((tag) => ({ tag, at: rank(tag) }))
    .filter(({ at }) => at < 5)
    .sort((one, other) => one.at - other.at)
    .map(({ tag }) => tag)
}
