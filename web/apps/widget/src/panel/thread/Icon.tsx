import { h } from 'preact'

/** A line drawing of 24 by 24; what it means is said by the control around it. */
export function Icon({ path }: { path: string }) {
  return (
    <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" class="icon">
      <path d={path} />
    </svg>
  )
}
