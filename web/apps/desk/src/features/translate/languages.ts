import type { TranslationStanding } from '@kezhan/api'

export type Language = TranslationStanding['language']

/** Every language there is, as the server knows them. */
export const tags: readonly Language[] = ['zh-CN', 'zh-TW', 'en', 'ja', 'ko', 'fr', 'de', 'es', 'pt', 'it', 'nl', 'pl', 'ru', 'uk', 'tr', 'ar', 'he', 'hi', 'th', 'vi', 'id', 'ms']

const SCRIPTS: Partial<Record<Language, string>> = { 'zh-CN': 'zh-Hans', 'zh-TW': 'zh-Hant' }

/** The name of a language in the reader's own. */
export function languageName(tag: Language, locale: string): string {
  return new Intl.DisplayNames([locale], { type: 'language' }).of(SCRIPTS[tag] ?? tag) ?? tag
}
