// The first of the usual characters, in the browser's own order of pinyin, of each letter; i, u and v begin no syllable.
const FIRSTS = '阿八擦搭讹发嘎哈讥喀垃妈拿哦趴七然撒他挖夕丫匝'
const LETTERS = 'abcdefghjklmnopqrstwxyz'
const order = new Intl.Collator('zh-Hans-CN-u-co-pinyin')

function letterOf(character: string): string {
  if (!/\p{Script=Han}/u.test(character)) return /\s/.test(character) ? '' : character.toLowerCase()
  let at = 0
  while (at + 1 < FIRSTS.length && order.compare(character, FIRSTS.charAt(at + 1)) >= 0) at += 1
  return LETTERS.charAt(at)
}

/** A text by the first letters of its characters' pinyin; what is not Chinese stays. A character read in several ways
 *  has one of them. */
export const initials = (text: string): string => [...text].map(letterOf).join('')
