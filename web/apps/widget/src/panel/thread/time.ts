import { t } from '../words'

const lang = (): string => document.documentElement.lang

export function clockOf(at: number): string {
  return new Date(at).toLocaleTimeString(lang(), { hour: '2-digit', minute: '2-digit', hour12: false })
}

/** Today, yesterday, or the date, with its year where it is another. */
export function dayOf(at: number, now = Date.now()): string {
  const start = (of: number): number => new Date(of).setHours(0, 0, 0, 0)
  const days = Math.round((start(now) - start(at)) / 86_400_000)
  if (days === 0) return t('widget_thread.today')
  if (days === 1) return t('widget_thread.yesterday')
  const other = new Date(at).getFullYear() !== new Date(now).getFullYear()
  return new Date(at).toLocaleDateString(lang(), { month: 'long', day: 'numeric', ...(other ? { year: 'numeric' } : {}) })
}
