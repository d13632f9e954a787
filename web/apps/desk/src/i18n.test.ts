import { beforeEach, describe, expect, it } from 'vitest'
import { i18n, preferredLanguage, show, speak, startWords, withWords } from './i18n'

beforeEach(() => localStorage.clear())

describe('preferredLanguage', () => {
  it('keeps the language chosen before', () => expect(preferredLanguage('en', ['zh-CN'])).toBe('en'))
  it('passes over a stored value it does not know', () => expect(preferredLanguage('xx', ['en-GB'])).toBe('en'))
  it('takes the first browser language it speaks', () => {
    expect(preferredLanguage(null, ['fr-FR', 'zh-TW', 'en'])).toBe('zh-CN')
  })
  it('is Chinese where nothing fits', () => expect(preferredLanguage(null, ['fr'])).toBe('zh-CN'))
})

describe('show and speak', () => {
  it('shows the words of the server files under the name of their room', async () => {
    await show('zh-CN')
    expect(i18n.global.t('desk.place.conversations')).toBe('会话')
    await show('en')
    expect(i18n.global.t('desk.place.conversations')).toBe('Conversations')
    expect(document.documentElement.lang).toBe('en')
  })

  it('leaves the words of the widget out', async () => {
    await show('en')
    expect(Object.keys(i18n.global.messages.value.en ?? {}).filter((room) => room.startsWith('widget'))).toEqual([])
    expect(i18n.global.te('desk.name')).toBe(true)
  })

  it('remembers what was spoken, twice the same', async () => {
    await speak('en')
    await speak('en')
    i18n.global.locale.value = 'zh-CN'
    await startWords()
    expect(i18n.global.locale.value).toBe('en')
  })
})

describe('withWords', () => {
  it('has the words when the part is there, in the language of then and in every later one', async () => {
    await show('en')
    expect(i18n.global.te('staffing.tab.roster')).toBe(false)
    expect(await withWords(async () => 'the page', 'staffing')()).toBe('the page')
    expect(i18n.global.te('staffing.tab.roster')).toBe(true)
    await show('zh-CN')
    expect([i18n.global.te('staffing.tab.roster'), i18n.global.te('desk.name'), i18n.global.te('audit.actions')]).toEqual([true, true, false])
  })

  it('has them too where the language changes meanwhile, and where it is asked twice', async () => {
    await show('zh-CN')
    const part = withWords(async () => 1, 'audit')
    await Promise.all([part(), part(), show('en')])
    expect(i18n.global.tm('audit.actions')).toHaveProperty('workspace')
    i18n.global.locale.value = 'zh-CN'
    expect(i18n.global.tm('audit.actions')).toHaveProperty('workspace')
  })

  it('fails where the part cannot be had', async () => {
    await expect(withWords(() => Promise.reject(new Error('gone')), 'audit')()).rejects.toThrow('gone')
  })
})
