import type { RouteRecordRaw } from 'vue-router'
import { withWords } from '../../i18n'

/** Children of /settings. */
export const receptionRoutes: RouteRecordRaw[] = [
  { path: 'reception', name: 'reception', component: withWords(() => import('./pages/ReceptionPage.vue'), 'desk_reception'), meta: { place: 'settings', title: 'desk.settings.reception', needs: 'routing.manage' } },
]
