import { describe, expect, it } from 'vitest'
import { textOf } from '../lists'
import { put, slashAt } from '../slash'
import { isWithin, treeOf } from '../tree'

describe('a slash', () => {
  it.each([
    ['/', 1, { from: 0, to: 1, query: '' }],
    ['/yhq', 4, { from: 0, to: 4, query: 'yhq' }],
    ['/yhq', 2, { from: 0, to: 2, query: 'y' }],
    ['您好\n/fh', 6, { from: 3, to: 6, query: 'fh' }],
    ['／发货', 3, { from: 0, to: 3, query: '发货' }],
    ['/发 货', 4, { from: 0, to: 4, query: '发 货' }],
  ])('in %j before %i calls for quick replies', (text, caret, found) => {
    expect(slashAt(text, caret)).toEqual(found)
  })

  it.each([
    ['', 0],
    ['/yhq', 0],
    ['1/2', 3],
    [' /yhq', 5],
    ['/yhq\n', 5],
    [`/${'x'.repeat(41)}`, 42],
  ])('in %j before %i is only a slash', (text, caret) => {
    expect(slashAt(text, caret)).toBeNull()
  })

  it('gives way to the words, and what stands around it stays', () => {
    expect(put('您好\n/fh，谢谢', 3, 6, '今天发货')).toEqual({ text: '您好\n今天发货，谢谢', caret: 7 })
  })
})

describe('categories', () => {
  it('are a tree with those that only hold others, each with all that lies in it', () => {
    expect(treeOf(['售前/优惠', '售前/优惠', '售前/选茶', '', '问候'])).toEqual([
      { path: '售前', name: '售前', depth: 0, count: 3 },
      { path: '售前/选茶', name: '选茶', depth: 1, count: 1 },
      { path: '售前/优惠', name: '优惠', depth: 1, count: 2 },
      { path: '问候', name: '问候', depth: 0, count: 1 },
    ])
  })

  it('keep what lies in them together, whatever the names', () => {
    expect(treeOf(['a/b', 'a-c', 'a']).map(({ path }) => path)).toEqual(['a', 'a/b', 'a-c'])
  })

  it.each([
    ['售前/优惠', '售前', true],
    ['售前', '售前', true],
    ['售前台', '售前', false],
    ['售后', '', true],
  ])('%s within %s: %s', (category, path, within) => {
    expect(isWithin(category, path)).toBe(within)
  })
})

describe('a list from a file', () => {
  it('is read as UTF-8, and as the sheets of Chinese offices where it is not', async () => {
    expect(await textOf(new File(['标题'], 'a.csv'))).toBe('标题')
    expect(await textOf(new File([new Uint8Array([0xb1, 0xea, 0xcc, 0xe2])], 'a.csv'))).toBe('标题')
  })
})
