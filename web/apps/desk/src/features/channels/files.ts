import type { CapabilitiesView } from '@kezhan/api'

type Able = Pick<CapabilitiesView, 'sends' | 'file_bytes' | 'files'>

/** Whether a channel takes this file as one; where not, the customer gets a link to it. The server's own rule. */
export function goesAsFile({ sends, file_bytes, files }: Able, { type, size }: Pick<File, 'type' | 'size'>): boolean {
  if (!sends.includes('file') || size > file_bytes) return false
  if (!Object.keys(files).length) return true
  return [type, `${type.split('/')[0]}/*`, '*/*'].some((one) => size <= (files[one] ?? -1))
}
