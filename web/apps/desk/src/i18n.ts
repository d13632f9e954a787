import { createI18n, type LocaleMessageValue, type VueMessageType } from 'vue-i18n'

export const languages = ['zh-CN', 'en'] as const
export type Language = (typeof languages)[number]

export type Words = Record<string, LocaleMessageValue<VueMessageType>>

const KEY = 'kz.language'

// The files are the same ones the server reads: kezhan/locales/<language>/<room>.json. One chunk per language holds what
// the whole desk says; what only some pages say comes with them, room by room.
const sources: Record<Language, () => Promise<{ words: Record<string, Words> }>> = {
  'zh-CN': () => import('./words/zh-CN'),
  en: () => import('./words/en'),
}
export const lateRooms = ['audit', 'desk_access', 'desk_backup', 'desk_channels', 'desk_company', 'desk_consent', 'desk_fields', 'desk_hooks', 'desk_hours', 'desk_import', 'desk_monitor', 'desk_person', 'desk_privacy', 'desk_reception', 'desk_roles', 'desk_segments', 'desk_tagging', 'desk_timeline', 'staffing'] as const
type Room = (typeof lateRooms)[number]
const late = import.meta.glob<Words>('../../../../kezhan/locales/{en,zh-CN}/{audit,desk_access,desk_backup,desk_channels,desk_company,desk_consent,desk_fields,desk_hooks,desk_hours,desk_import,desk_monitor,desk_person,desk_privacy,desk_reception,desk_roles,desk_segments,desk_tagging,desk_timeline,staffing}.json', { import: 'default' })
const wanted = new Set<Room>()

export const i18n = createI18n({
  legacy: false,
  locale: 'zh-CN' as string,
  fallbackLocale: [],
  messages: {} as Record<string, Words>,
})

/** The language chosen before, else the first of the browser's that we speak, else Chinese. */
export function preferredLanguage(stored: string | null, asked: readonly string[]): Language {
  const known = (tag: string): Language | undefined =>
    languages.find((language) => language.slice(0, 2) === tag.slice(0, 2).toLowerCase())
  return languages.find((language) => language === stored) ?? asked.map(known).find(Boolean) ?? 'zh-CN'
}

/** Has every room that has been asked for in `language`, those asked for meanwhile too. */
async function complete(language: string): Promise<void> {
  const { global } = i18n
  for (;;) {
    const lacking = [...wanted].filter((room) => !Object.hasOwn(global.messages.value[language] ?? {}, room))
    if (!lacking.length) return
    const found = await Promise.all(lacking.map(async (room) => [room, await late[`../../../../kezhan/locales/${language}/${room}.json`]!()]))
    global.mergeLocaleMessage(language, Object.fromEntries(found))
  }
}

/** A part that is loaded when it is wanted, and with it the words of `rooms`, which nothing else says. */
export const withWords =
  <Part>(part: () => Promise<Part>, ...rooms: Room[]): (() => Promise<Part>) =>
  async () => {
    rooms.forEach((room) => wanted.add(room))
    const [loaded] = await Promise.all([part(), complete(i18n.global.locale.value)])
    return loaded
  }

/** Loads the words of `language` if they are not there yet, and shows them. */
export async function show(language: Language): Promise<void> {
  const { global } = i18n
  if (!Object.hasOwn(global.messages.value, language)) {
    const { words } = await sources[language]()
    const rooms = Object.entries(words).map(([path, room]) => [path.replace(/^.*\/|\.json$/g, ''), room])
    global.setLocaleMessage(language, Object.fromEntries(rooms))
  }
  await complete(language)
  global.locale.value = language
  document.documentElement.lang = language
  // The server answers in the same language.
  document.cookie = `kz_lang=${language}; path=/; max-age=31536000; samesite=lax`
}

/** Shows `language` and remembers the choice in this browser. */
export async function speak(language: Language): Promise<void> {
  await show(language)
  localStorage.setItem(KEY, language)
}

/** Shows the language this browser asks for. Run before the first paint. */
export function startWords(): Promise<void> {
  return show(preferredLanguage(localStorage.getItem(KEY), navigator.languages))
}
