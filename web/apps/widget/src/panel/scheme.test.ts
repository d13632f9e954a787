import { expect, it } from 'vitest'
import { initial } from './names'
import { inkOn } from './scheme'

it('writes light on dark accents and dark on light ones', () => {
  expect(['#1f5c4a', '#000000', '#8c2b1e', '#f0d27a', '#ffffff', '#66c49a'].map(inkOn)).toEqual([
    'white', 'white', 'white', 'black', 'black', 'black',
  ])
})

it('takes the last sign of a person, the first of everything else', () => {
  expect(['周小满', '李雷', '山间茶铺', 'anna', ''].map(initial)).toEqual(['满', '雷', '山', 'A', ''])
})
