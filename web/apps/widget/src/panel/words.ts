type Words = { [key: string]: string | Words }

export type Language = 'zh-CN' | 'en'

/** Words by when they are needed: with the page, with the first opening, with what comes after it. */
export type Room = 'widget' | 'widget_thread' | 'widget_more'

const sources: Record<Language, Record<Room, () => Promise<{ default: Words }>>> = {
  'zh-CN': {
    widget: () => import('../../../../../kezhan/locales/zh-CN/widget.json'),
    widget_thread: () => import('../../../../../kezhan/locales/zh-CN/widget_thread.json'),
    widget_more: () => import('../../../../../kezhan/locales/zh-CN/widget_more.json'),
  },
  en: {
    widget: () => import('../../../../../kezhan/locales/en/widget.json'),
    widget_thread: () => import('../../../../../kezhan/locales/en/widget_thread.json'),
    widget_more: () => import('../../../../../kezhan/locales/en/widget_more.json'),
  },
}

const words: { [room: string]: Words } = { widget: {} }

let spoken: Language | undefined

export function languageOf(tag: string): Language {
  return tag.toLowerCase().startsWith('en') ? 'en' : 'zh-CN'
}

/** Whether any language has been chosen yet. */
export const speaks = (): boolean => !!spoken

/** The words of `room` come with every language from now on. */
export function need(room: Room): void {
  words[room] ??= {}
}

/** Loads the words of a room in the language spoken, if there is one yet. */
export async function learn(room: Room): Promise<void> {
  need(room)
  const language = spoken
  if (!language) return
  const { default: found } = await sources[language][room]()
  if (language === spoken) words[room] = found
}

/** Loads what is needed of `language`, and of no other; afterwards `t` answers in it. */
export async function speak(language: Language): Promise<void> {
  if (spoken !== language) document.documentElement.lang = spoken = language
  await Promise.all((Object.keys(words) as Room[]).map(learn))
}

/** The text of `<room>.<path>` with `{name}` replaced from `values`; the key itself where there is none. */
export function t(key: string, values: Record<string, string | number> = {}): string {
  const text = key.split('.').reduce<string | Words | undefined>((found, part) => (typeof found === 'object' ? found[part] : undefined), words)
  return typeof text === 'string' ? text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? '')) : key
}
