import { beforeEach, describe, expect, it } from 'vitest'
import { i18n, preferredLanguage, show, speak, startWords } from './i18n'

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
