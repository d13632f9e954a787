import { expect, it } from 'vitest'
import { parts } from './links'

it('finds addresses between Chinese signs and before a full stop', () => {
  expect(parts('看https://a.cn/x?y=1。好吗 (http://b.com).')).toEqual([
    '看', 'https://a.cn/x?y=1', '。好吗 (', 'http://b.com', ').',
  ])
})

it('leaves everything else as text', () => {
  for (const text of ['', 'javascript:alert(1)', '<a href="x">', 'data:text/html,x', 'www.a.cn']) {
    expect(parts(text)).toEqual([text])
  }
})
