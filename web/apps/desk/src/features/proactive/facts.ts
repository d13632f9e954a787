import type { OnSite } from '@kezhan/api'
import { useI18n } from 'vue-i18n'

interface Facts {
  /** How she found the site, and the words or the campaign that brought her. */
  from: (visitor: OnSite) => [source: string, detail: string]
  device: (visitor: OnSite) => string
  visit: (visitor: OnSite) => string
}

/** What a visit tells, in words. */
export function useVisitFacts(): Facts {
  const { t } = useI18n()
  // messages: desk.visit.source.*, desk.visit.device.*
  return {
    from: ({ source, campaign, search_word }) => [t(`desk.visit.source.${source}`), search_word || campaign],
    device: ({ device, browser, system }) => [t(`desk.visit.device.${device}`), system, browser].filter(Boolean).join(' · '),
    visit: ({ pages, visits }) => [t('desk.onsite.pages', { count: pages }), t('desk.onsite.times', { count: visits })].join(' · '),
  }
}
