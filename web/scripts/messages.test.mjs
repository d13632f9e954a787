import { expect, it } from 'vitest'
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
