import { describe, expect, it } from 'vitest'
import { messageFaults } from './messages.mjs'

const words = (zh, en = zh) => ({ 'zh-CN': { desk: zh }, en: { desk: en } })
const page = (text) => [{ path: 'Page.vue', text }]

it('is content when every key is used and in both languages', () => {
  expect(messageFaults(words({ a: { b: '甲' } }), page(`{{ t('desk.a.b') }}`))).toEqual([])
  expect(messageFaults(words({ a: '甲' }), page(`{{ $t("desk.a", { n: 1 }) }}`))).toEqual([])
})

it('names a key that no language has', () => {
  expect(messageFaults(words({}), page(`t('desk.gone')`))).toEqual(['Page.vue: desk.gone is used but not in locales'])
})

it('names a key that one language lacks', () => {
  expect(messageFaults(words({ a: '甲' }, {}), page(`t('desk.a')`))).toEqual([
    'locales/en: desk.a is missing (it is in zh-CN)',
  ])
})

it('names a key that nothing uses, and accepts one the server uses', () => {
  expect(messageFaults(words({ a: '甲' }), [])).toEqual(['locales: desk.a is unused'])
  expect(messageFaults(words({ a: '甲' }), [{ path: 'x.py', text: 'say("desk.a")' }])).toEqual([])
})

it('asks for a comment beside a key made at run time', () => {
  const made = 't(`desk.state.${name}`)'
  const some = words({ state: { waiting: '等' } })
  expect(messageFaults(some, page(made))).toContain(
    'Page.vue: a key is made from "desk.state.…"; say which with a comment "messages: desk.state.*"',
  )
  expect(messageFaults(some, page(`<!-- messages: desk.state.* -->${made}`))).toEqual([])
})

it('names a comment that allows nothing', () => {
  expect(messageFaults(words({}), page('// messages: desk.gone.*'))).toEqual([
    'Page.vue: no message starts with desk.gone.',
  ])
})

it('names placeholders that differ, empty texts and signs that vue-i18n trips over', () => {
  const faults = messageFaults(
    words({ a: '{n} 条', b: '', c: 'x@y' }, { a: '{m} items', b: 'b', c: 'c' }),
    page(`t('desk.a') t('desk.b') t('desk.c')`),
  )
  expect(faults).toHaveLength(3)
})

const two = words({ a: '甲', b: '乙' })

it.each([
  [`t('desk.a') + t("desk.b")`, 'single and double quotes'],
  ['t(`desk.a`) ? t(`desk.b`) : 0', 'templates without a hole'],
  [`$t('desk.a') te('desk.b')`, 'the global function and the question whether a key exists'],
  [`tm('desk.a') $te('desk.b')`, 'trees and the global question'],
  [`<i18n-t keypath="desk.a" /><i18n-t keypath='desk.b' />`, 'sentences with parts in them'],
  [`t( 'desk.a', { n }) t(\n  'desk.b',\n)`, 'calls over several lines'],
])('finds the keys in %s (%s)', (text) => expect(messageFaults(two, page(text))).toEqual([]))

it.each([
  [`at('desk.a') left('desk.b')`, 'a function whose name only ends alike'],
  [`'desk.a desk.b'`, 'a sentence'],
  [`t(name) // desk.a desk.b`, 'a comment'],
])('does not take %s for a use (%s)', (text) => {
  expect(messageFaults(two, page(text))).toEqual(['locales: desk.a is unused', 'locales: desk.b is unused'])
})

it('reads a whole tree, room by room', () => {
  const tree = { 'zh-CN': { desk: { a: { b: { c: '甲' } } }, kit: { a: '乙' } }, en: { desk: { a: { b: { c: 'A' } } }, kit: { a: 'B' } } }
  expect(messageFaults(tree, page(`t('desk.a.b.c') t('kit.a')`))).toEqual([])
  expect(messageFaults(tree, page(`t('desk.a.b.c') t('desk.a.b')`))).toContain('Page.vue: desk.a.b is used but not in locales')
})

it('names each fault once, however often the key is used, in order of files', () => {
  const sources = [{ path: 'b.vue', text: `t('desk.x') t('desk.x')` }, { path: 'a.vue', text: `t('desk.x')` }]
  expect(messageFaults(words({}), sources)).toEqual(['a.vue: desk.x is used but not in locales', 'b.vue: desk.x is used but not in locales'])
})

describe('placeholders', () => {
  it.each([
    ['{n} 条', '{n} items', true],
    ['{who}：{text}', '{text}, said {who}', true],
    ['{n} {n}', '{n}', true],
    ['{n} 条', 'items', false],
    ['条', '{n} items', false],
  ])('%s and %s agree: %s', (zh, en, agree) => {
    const faults = messageFaults(words({ a: zh }, { a: en }), page(`t('desk.a')`))
    expect(faults).toEqual(agree ? [] : ['locales: desk.a has other placeholders in zh-CN than in en'])
  })
})

describe('a value that is no text', () => {
  it.each([[''], ['  '], [7], [null], [['甲']]])('%j is named', (value) => {
    expect(messageFaults(words({ a: '甲' }, { a: value }), page(`t('desk.a')`)).join()).toContain('locales')
  })
})

describe('comments that allow keys made at run time', () => {
  const some = words({ state: { a: '甲' }, role: { b: '乙' }, rest: '丙' })

  it('may name several in one line', () => {
    const text = '// messages: desk.state.*, desk.role.*\nt(`desk.state.${x}`) t(`desk.role.${y}`) t("desk.rest")'
    expect(messageFaults(some, page(text))).toEqual([])
  })

  it('may stand in Python, for keys the server makes', () => {
    const python = { path: 'x.py', text: '# messages: desk.state.*, desk.role.*\nsay("desk.rest")' }
    expect(messageFaults(some, [python])).toEqual([])
  })

  it('count for their own file only', () => {
    const sources = [{ path: 'a.vue', text: '// messages: desk.state.*, desk.role.*, desk.re*' }, { path: 'b.vue', text: 't(`desk.state.${x}`)' }]
    expect(messageFaults(some, sources)).toEqual([
      'b.vue: a key is made from "desk.state.…"; say which with a comment "messages: desk.state.*"',
    ])
  })

  it('do not excuse a key of another prefix', () => {
    const faults = messageFaults(some, page('// messages: desk.state.*\nt(`desk.role.${x}`) t("desk.rest")'))
    expect(faults).toContain('Page.vue: a key is made from "desk.role.…"; say which with a comment "messages: desk.role.*"')
    expect(faults).toContain('locales: desk.role.b is unused')
  })
})

it('takes a text of Python for a key only where it looks like one', () => {
  const all = words({ a: '甲' })
  expect(messageFaults(all, [{ path: 'x.py', text: `raise Refused('desk.a')` }])).toEqual([])
  expect(messageFaults(all, [{ path: 'x.py', text: '"Desk.a" "desk.a or b" desk.a' }])).toEqual(['locales: desk.a is unused'])
})

it('is about both languages: one that is missing as a whole is told key by key', () => {
  expect(messageFaults({ 'zh-CN': { desk: { a: '甲' } } }, page(`t('desk.a')`))).toEqual(['locales/en: desk.a is missing (it is in zh-CN)'])
})
