import type { ForecastDay, ForecastSlot } from '@kezhan/api'

// What the chart and the lines above it say of a day.

export interface Step {
  number: number
  needed: number | null
  impatient: number | null
  rostered: number
}

export const stepsOf = (day: ForecastDay): Step[] =>
  day.slots.map(({ patient, impatient, rostered }, number) => ({ number, needed: patient?.seats ?? null, impatient: impatient?.seats ?? null, rostered }))

const busy = ({ arrivals, rostered }: ForecastSlot): boolean => (arrivals ?? 0) >= 0.05 || rostered > 0

/** The half hours worth drawing, from the first to the last in which something comes or somebody works, an hour about them. */
export function rangeOf(day: ForecastDay): [number, number] {
  const seen = day.slots.flatMap((slot, number) => (busy(slot) ? [number] : []))
  if (!seen.length) return [0, 48]
  const first = Math.max(0, Math.floor((Math.min(...seen) - 2) / 2) * 2)
  return [first, Math.min(48, Math.ceil((Math.max(...seen) + 3) / 2) * 2)]
}

export interface Gaps {
  /** Half hours with fewer seats than are needed. */
  count: number
  most: number
}

/** Where the roster falls short of Erlang A, or of Erlang C where the patience is not known. */
export function gapsOf(day: ForecastDay): Gaps {
  const short = stepsOf(day).map(({ needed, impatient, rostered }) => Math.ceil((impatient ?? needed ?? 0) - rostered - 0.001)).filter((gap) => gap > 0)
  return { count: short.length, most: Math.max(0, ...short) }
}

export const totalOf = (day: ForecastDay): number | null => (day.seen && day.slots[0]?.arrivals !== null ? day.slots.reduce((sum, { arrivals }) => sum + (arrivals ?? 0), 0) : null)

export const peakOf = (day: ForecastDay): number => Math.max(0, ...day.slots.map(({ impatient, patient }) => impatient?.seats ?? patient?.seats ?? 0))

/** Round figures for the axis, from zero to at least `highest`. */
export function ticksOf(highest: number): number[] {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((one) => highest / one <= 5) ?? 2000
  const count = Math.max(1, Math.ceil(highest / step))
  return Array.from({ length: count + 1 }, (_, number) => number * step)
}

/** The corners of a step line: `x` and `y` turn half hours and seats into places. A null breaks the line. */
export function pathOf(values: readonly (number | null)[], first: number, x: (number: number) => number, y: (seats: number) => number): string {
  let path = ''
  let open = false
  values.forEach((value, index) => {
    if (value === null) {
      open = false
      return
    }
    const [left, right, height] = [x(first + index), x(first + index + 1), y(value)]
    path += open ? `V${height}H${right}` : `M${left} ${height}H${right}`
    open = true
  })
  return path
}
