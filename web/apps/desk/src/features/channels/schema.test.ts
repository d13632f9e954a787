import { expect, it } from 'vitest'
import { fieldsOf, readableOn, valuesOf } from './schema'

const schema = {
  'x-order': ['title', 'accent', 'greeting', 'languages', 'position', 'launcher', 'origins', 'hook', 'odd'],
  properties: {
    launcher: { type: 'boolean', default: true, title: '显示', description: '' },
    title: { type: 'string', maxLength: 60, default: '', title: '站点名称', description: '窗口顶部' },
    accent: { type: 'string', format: 'color', default: '#1f5c4a' },
    greeting: { type: 'string', format: 'textarea' },
    languages: { type: 'array', items: { enum: ['zh-CN', 'en'] }, default: ['zh-CN', 'en'], 'x-options': { en: '英文' } },
    position: { enum: ['left', 'right'], default: 'right', 'x-options': { left: '左侧', right: '右侧' } },
    origins: { type: 'array', items: { type: 'string' }, default: [] },
    hook: { type: 'string', format: 'uri' },
    odd: { anyOf: [] },
  },
}

it('draws each field by its shape, in the order given', () => {
  const fields = fieldsOf(schema)
  expect(fields.map((field) => field.control)).toEqual(['text', 'colour', 'area', 'choices', 'choice', 'switch', 'lines', 'url', 'text'])
  expect(fields[0]).toMatchObject({ label: '站点名称', help: '窗口顶部', most: 60 })
  expect(fields[3]?.options).toEqual([{ value: 'zh-CN', label: 'zh-CN' }, { value: 'en', label: '英文' }])
})

it('fills a form with what is stored, else with the defaults, without sharing them', () => {
  const fields = fieldsOf(schema)
  const values = valuesOf(fields, { title: '茶铺', launcher: false })
  expect(values).toMatchObject({ title: '茶铺', launcher: false, position: 'right', greeting: '', origins: [] })
  ;(values.origins as string[]).push('x')
  expect(valuesOf(fields, {}).origins).toEqual([])
})

it('draws nothing for a schema it cannot read', () => expect(fieldsOf({})).toEqual([]))

it('keeps words readable on any accent', () => {
  expect([readableOn('#1f5c4a'), readableOn('#ffe066'), readableOn('#ffffff'), readableOn('#000000')]).toEqual(['white', 'black', 'black', 'white'])
})
