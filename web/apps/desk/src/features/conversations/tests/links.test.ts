import { expect, it } from 'vitest'
import { pieces } from '../links'

it('makes web addresses into links and leaves the sentence around them', () => {
  expect(pieces('看 https://tea.example/a?b=1。谢谢')).toEqual([
    { text: '看 ' },
    { text: 'https://tea.example/a?b=1', href: 'https://tea.example/a?b=1' },
    { text: '。谢谢' },
  ])
  expect(pieces('(http://a.example/x).').map((piece) => piece.href)).toEqual([undefined, 'http://a.example/x', undefined])
})

it('links nothing else', () => {
  for (const text of ['javascript:alert(1)', 'data:text/html,x', 'https://', '<b>hi</b>', 'a.example', '']) {
    expect(pieces(text).some((piece) => piece.href)).toBe(false)
  }
  expect(pieces('https://a.example/"onmouseover="x')[0]?.href).toBe('https://a.example/')
})
