import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'

// The languages a shop is likely to serve in; others stay as they are stored.
const languages = [
  'zh', 'zh-CN', 'zh-TW', 'zh-HK', 'en', 'ja', 'ko', 'fr', 'de', 'es', 'pt', 'it', 'nl', 'ru', 'uk', 'pl', 'cs', 'tr', 'ar', 'he', 'fa', 'hi', 'bn', 'ur', 'th',
  'vi', 'id', 'ms', 'fil', 'my', 'km', 'lo', 'mn', 'kk', 'sv', 'da', 'nb', 'fi', 'el', 'hu', 'ro', 'bg', 'sw', 'bo', 'ug',
]
// ISO 3166 alpha-2.
const regions =
  'CN HK MO TW AD AE AF AG AI AL AM AO AR AS AT AU AW AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CK CL CM CO CR CU CV CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HN HR HT HU ID IE IL IM IN IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MH MK ML MM MN MP MQ MR MT MU MV MW MX MY MZ NA NC NE NG NI NL NO NP NR NZ OM PA PE PF PG PH PK PL PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SY SZ TC TD TG TH TJ TL TM TN TO TR TT TV TZ UA UG US UY UZ VA VC VE VG VI VN VU WS YE YT ZA ZM ZW'.split(
    ' ',
  )

export interface Item {
  value: string
  label: string
}

interface Codes {
  language: (code: string) => string
  region: (code: string) => string
  /** To choose from; `chosen` are among them whatever they are. */
  languagesWith: (chosen: readonly string[]) => Item[]
  regionsWith: (chosen: readonly string[]) => Item[]
}

function named(names: Intl.DisplayNames, code: string): string {
  try {
    return names.of(code) ?? code
  } catch {
    // Not a code the browser can read.
    return code
  }
}

/** Names of languages and regions in the reader's language. */
export function useCodes(): ComputedRef<Codes> {
  const { locale } = useI18n()
  return computed(() => {
    const tongues = new Intl.DisplayNames(locale.value, { type: 'language' })
    const lands = new Intl.DisplayNames(locale.value, { type: 'region' })
    const language = (code: string): string => named(tongues, code.replace('_', '-'))
    const region = (code: string): string => named(lands, code.toUpperCase())
    const items = (codes: readonly string[], chosen: readonly string[], name: (code: string) => string): Item[] => [...new Set([...codes, ...chosen])].map((value) => ({ value, label: name(value) }))
    return { language, region, languagesWith: (chosen) => items(languages, chosen, language), regionsWith: (chosen) => items(regions, chosen, region) }
  })
}
