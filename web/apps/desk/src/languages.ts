/** Those that are offered where a language is chosen; any other is kept that comes by itself. */
export const SPOKEN: readonly string[] = ['zh-CN', 'zh-TW', 'zh-HK', 'en', 'ja', 'ko', 'fr', 'de', 'es', 'pt', 'it', 'ru', 'ar', 'th', 'vi', 'id', 'ms', 'tr']

/** The name of a language by its code, as "French"; the code where there is no such. */
export function languageIn(locale: string, code: string): string {
  try {
    return new Intl.DisplayNames([locale], { type: 'language' }).of(code.replaceAll('_', '-')) ?? code
  } catch {
    return code
  }
}
