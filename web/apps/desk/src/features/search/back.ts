const KEY = 'kz.search.last'
const heights = new Map<string, number>()

/** Remembers the page of hits that is being left, for the way back in this tab. */
export function leaveHits(address: string, height: number): void {
  sessionStorage.setItem(KEY, address)
  heights.clear()
  heights.set(address, height)
}

/** The page of hits that was left last. */
export const lastHits = (): string => sessionStorage.getItem(KEY) ?? '/search'

/** How far it had been scrolled. */
export const heightOf = (address: string): number => heights.get(address) ?? 0
