import type { Choice, Field } from '@kezhan/api'
import { expect, it } from 'vitest'
import { asLines, fromLines, given, saidOf } from '../answers'

const tree: Choice[] = [{ id: 'c', label: '投诉', children: [{ id: 'c1', label: '物流', children: [] }, { id: 'c2', label: '质量', children: [] }] }, { id: 'o', label: '其他', children: [] }]
const field = (kind: Field['kind'], choices: Choice[] = []): Field => ({ id: 'f', kind, label: '原因', required: false, choices })

it('writes choices down one a line, and reads them back with the ids they had', () => {
  expect(asLines(tree)).toBe('投诉 > 物流\n投诉 > 质量\n其他')
  expect(fromLines(asLines(tree), tree)).toEqual(tree)
  const more = fromLines('投诉>物流>太慢\n\n 其他 \n新的', tree)
  expect(more.map(({ id, label }) => [label, ['c', 'o'].includes(id)])).toEqual([['投诉', true], ['其他', true], ['新的', false]])
  expect(more[0]!.children![0]!.id).toBe('c1')
})

it.each([
  [field('tree', tree), 'c2', '投诉 / 质量'],
  [field('choices', tree), ['o', 'c1'], '其他、投诉 / 物流'],
  [field('choice', tree), 'gone', ''],
  [field('yes_no'), false, '否'],
  [field('number'), 0, '0'],
  [field('text'), undefined, ''],
] as const)('says an answer in words', (one, value, said) => expect(saidOf(one, value, '是', '否')).toBe(said))

it('keeps no and nought, and nothing that is empty', () => {
  expect(given({ a: false, b: 0, c: '', d: null, e: [], f: 'x' })).toEqual({ a: false, b: 0, f: 'x' })
})
