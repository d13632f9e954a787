/** A share as a whole percentage, a dash where there is nothing to tell. */
export const hundredths = (share: number | null | undefined): string => (share == null ? '–' : `${Math.round(share * 100)}%`)

/** NPS with its sign, a dash for none. */
export const points = (nps: number | null | undefined): string => (nps == null ? '–' : `${nps > 0 ? '+' : ''}${Math.round(nps)}`)
