import type { PageOut } from '@kezhan/api'

/** How long a page was looked at: what the server measured, or until now while the visitor is still there. */
export function dwell(page: PageOut, now: number, online: boolean): number | null {
  if (page.dwell_ms !== null) return page.dwell_ms
  return online ? Math.max(0, now - Date.parse(page.entered_at)) : null
}

/** The part of an address that tells pages of one site apart; the whole text where it is no address. */
export function pathOf(url: string): string {
  if (!URL.canParse(url)) return url
  const { pathname, search, hash } = new URL(url)
  try {
    return decodeURI(pathname) + search + hash
  } catch {
    // A page may call itself `/100%`.
    return pathname + search + hash
  }
}

export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url
}

/** An address that may be opened: the visitor's page told it, so nothing but the web is let through. */
export function openable(url: string): string | undefined {
  return /^https?:\/\//i.test(url) && URL.canParse(url) ? url : undefined
}
