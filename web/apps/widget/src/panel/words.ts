type Words = { [key: string]: string | Words }

export type Language = 'zh-CN' | 'en'

const sources: Record<Language, () => Promise<{ default: Words }>> = {
  'zh-CN': () => import('../../../../../kezhan/locales/zh-CN/widget.json'),
  en: () => import('../../../../../kezhan/locales/en/widget.json'),
}

const added: Record<Language, Words> = { 'zh-CN': {}, en: {} }

let words: Words = {}

export function languageOf(tag: string): Language {
  return tag.toLowerCase().startsWith('en') ? 'en' : 'zh-CN'
}

/** Words of a part that came later. */
export function learn(more: Record<Language, Words>): void {
  Object.assign(added, more)
}

/** Loads the words of `language`; afterwards `t` answers in it. */
export async function speak(language: Language): Promise<void> {
  words = (await sources[language]()).default
  document.documentElement.lang = language
}

/** The text of `<room>.<path>` with `{name}` replaced from `values`; the key itself where there is none. */
export function t(key: string, values: Record<string, string | number> = {}): string {
  const [room, ...path] = key.split('.')
  const text = path.reduce<string | Words | undefined>(
    (found, part) => (typeof found === 'object' ? found[part] : undefined),
    room === 'widget' ? words : added[languageOf(document.documentElement.lang)],
  )
  return typeof text === 'string' ? text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? '')) : key
}
