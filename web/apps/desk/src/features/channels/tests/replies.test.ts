import { expect, it } from 'vitest'
import { filled, repliesOf, textFor } from '../replies'

it('writes out what the server leaves to its default', () => {
  const none = { zh: '', en: '' }
  expect(repliesOf({ closed: { zh: '打烊' } })).toEqual({ greeting: none, closed: { zh: '打烊', en: '' }, busy: none, busy_seconds: 60 })
})

it.each([
  [{ zh: '您好', en: 'Hello' }, 'en', 'en', 'Hello'],
  [{ zh: '您好', en: ' ' }, 'en', 'zh', '您好'],
  [{ zh: '', en: 'Hello' }, 'zh', 'en', 'Hello'],
  [{ zh: '', en: '' }, 'zh', 'zh', ''],
] as const)('of %j readers of %s get that in %s', (texts, asked, language, text) => expect(textFor(texts, asked)).toEqual({ language, text }))

it.each([
  ['一\n第 {place} 位，{wait}', { place: '3', wait: '5 分钟' }, '一\n第 3 位，5 分钟'],
  ['一\n第 {place} 位，{wait}', { place: '3' }, '一'],
  ['{不是变量} {}', {}, '{不是变量} {}'],
])('fills %j', (text, known, said) => expect(filled(text, known as unknown as Record<string, string>)).toBe(said))
