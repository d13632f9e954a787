import { expect, it } from 'vitest'
import './thread/words'
import { languageOf, speak, t } from './words'

it('answers in the language last spoken, also from words that came later', async () => {
  await speak('zh-CN')
  expect([t('widget.title'), t('widget_thread.state.read')]).toEqual(['在线客服', '已读'])
  await speak('en')
  expect([t('widget.title'), t('widget_thread.state.read')]).toEqual(['Customer service', 'Read'])
  expect(document.documentElement.lang).toBe('en')
})

it('fills in values, and gives the key back where there is no text', () => {
  expect(t('widget.openUnread', { n: 3 })).toContain('3')
  expect(t('widget_thread.state')).toBe('widget_thread.state')
  expect(t('widget.no.such.thing')).toBe('widget.no.such.thing')
})

it('takes any English for English and everything else for Chinese', () => {
  expect(['EN', 'en-GB', 'zh', 'fr', ''].map(languageOf)).toEqual(['en', 'en', 'zh-CN', 'zh-CN', 'zh-CN'])
})
