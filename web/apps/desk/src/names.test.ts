import { expect, it } from 'vitest'
import { byName } from './names'

const inOrder = (...names: string[]): string[] => names.map((name) => ({ name })).sort(byName).map(({ name }) => name)

it('counts numbers, wherever they stand in a name', () => {
  expect(inOrder('门店 11', '门店 2', '门店 10', '门店 1')).toEqual(['门店 1', '门店 2', '门店 10', '门店 11'])
  expect(inOrder('Team 10 night', 'Team 9 night', 'team 1')).toEqual(['team 1', 'Team 9 night', 'Team 10 night'])
})

it('goes by the sound of Chinese words', () => {
  expect(inOrder('售前咨询', '大客户', '售后服务', '北方')).toEqual(['北方', '大客户', '售后服务', '售前咨询'])
})
