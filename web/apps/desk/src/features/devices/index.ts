import type { Kinds } from '@kezhan/api'
import { defineAsyncComponent } from 'vue'

export { usePersonal } from './personal'
export { deviceHandlers } from './live'
export const QuietMenu = defineAsyncComponent(() => import('./components/QuietMenu.vue'))
export const NewVersion = defineAsyncComponent(() => import('./components/NewVersion.vue'))
export const DeviceSettings = defineAsyncComponent(() => import('./components/DeviceSettings.vue'))

/** What somebody is told of. Those of one `tag` replace each other. */
export interface News {
  kind: keyof Kinds
  tag: string
  title: string
  body: string
  path: string
}

/** Says it, by sound and beside the page, as far as the reader wants to hear of it. */
export const announce = (news: News): void => void import('./tell').then(({ tell }) => tell(news))
