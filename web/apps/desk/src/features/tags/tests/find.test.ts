import type { Tag } from '@kezhan/api'
import { expect, it } from 'vitest'
import { found, shown } from '../find'

const tag = (id: string, more: Partial<Tag> = {}): Tag => ({
  id, name: id, colour: 'ink', group: '', for_contacts: true, for_conversations: true, pinyin: id, initials: id, version: 1, archived: false, merged_into: null, ...more,
})
const high = tag('h', { name: '高价值', pinyin: 'gaojiazhi', initials: 'gjz', group: '等级' })
const vip = tag('v', { name: 'ＶＩＰ 客户', pinyin: 'vipkehu', initials: 'vipkh' })
const names = (tags: Tag[]): string[] => tags.map(({ name }) => name)

it('finds a tag by its name, its sound, the first letters of it, and its group', () => {
  for (const words of ['高', '价值', 'gjz', 'GAOJIA', 'jz', '等级']) expect(names(found([vip, high], words)), words).toEqual(['高价值'])
  for (const words of ['vip', 'ＶＩＰ　客', 'vip kh']) expect(names(found([vip, high], words)), words).toEqual(['ＶＩＰ 客户'])
  expect(found([vip, high], '没有')).toEqual([])
  expect(found([vip, high], ' ')).toHaveLength(2)
})

it('shows the one in the place of a merged tag, once, and nothing for one that is gone', () => {
  const gone = tag('g', { merged_into: 'h', archived: true })
  expect(shown([vip, high, gone], ['g', 'h', 'v', 'x'])).toEqual([high, vip])
})
