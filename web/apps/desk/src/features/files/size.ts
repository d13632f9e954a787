const UNITS = ['B', 'KB', 'MB', 'GB']

/** A size as people say it: 7 B, 1.5 MB. */
export function sizeOf(bytes: number): string {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  const amount = bytes / 1024 ** step
  return `${amount < 100 ? Math.round(amount * 10) / 10 : Math.round(amount)} ${UNITS[step]}`
}
