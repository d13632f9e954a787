import type { WorkspaceView } from '@kezhan/api'
import { shallowRef } from 'vue'

/** What a workspace looks like; nothing of it where it has the house's own looks. */
export type Looks = Pick<WorkspaceView, 'name' | 'logo' | 'tints'>

/** A logo as a form has it: `url` shows it, null: none; `fileId` is of one that has been brought up just now. */
export interface LogoDraft {
  fileId: string | null
  url: string | null
}

const KEY = 'kz.looks'

/** What this browser wore last: the page wears it before anybody has signed in. */
export const worn = shallowRef<Looks | null>(null)

/** Shows the colours on the whole desk, now and when it is opened next. */
export function wear({ name, logo, tints }: Looks): void {
  worn.value = logo || tints ? { name, logo, tints } : null
  if (worn.value) localStorage.setItem(KEY, JSON.stringify(worn.value))
  else localStorage.removeItem(KEY)
  dress()
}

/** Before the first paint. */
export function wearAgain(): void {
  try {
    worn.value = JSON.parse(localStorage.getItem(KEY) ?? 'null') as Looks | null
  } catch {
    localStorage.removeItem(KEY)
  }
  dress()
}

function dress(): void {
  const tints = worn.value?.tints
  const sheet = document.getElementById(KEY) ?? document.head.appendChild(Object.assign(document.createElement('style'), { id: KEY }))
  const roles = (scheme: 'light' | 'dark'): string => (tints ? Object.entries(rolesOf(tints[scheme])).map((role) => role.join(':')).join(';') : '')
  // A preview (`data-own`) has colours of its own.
  sheet.textContent = tints ? `:root,.light:not([data-own]){${roles('light')}}.dark:not([data-own]){${roles('dark')}}` : ''
}

/** The roles of packages/ui/tokens.css that an accent takes. */
export function rolesOf({ accent, soft }: { accent: string; soft: string }): Record<string, string> {
  return { '--kz-pine': accent, '--kz-pine-soft': soft }
}
