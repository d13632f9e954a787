import { span } from '../../when'

const NONE = '–'

/** A share as a percentage with one decimal, a dash where there is nothing to tell. */
export const percentOf = (part: number | null | undefined): string => (part == null ? NONE : `${Math.round(part * 1000) / 10}%`)

/** Seconds as a length of time. */
export const secondsOf = (many: number | null | undefined): string => (many == null ? NONE : span(Math.round(many) * 1000))

/** How long something took. */
export const took = (ms: number | null | undefined): string => (ms == null ? NONE : ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`)
