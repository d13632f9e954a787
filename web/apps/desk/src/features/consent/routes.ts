import type { RouteRecordRaw } from 'vue-router'
import { withWords } from '../../i18n'

export const consentRoutes: RouteRecordRaw[] = [
  { path: 'consent', name: 'consent', component: withWords(() => import('./pages/ConsentPage.vue'), 'desk_consent'), meta: { place: 'settings', title: 'desk.settings.consent', needs: 'privacy.manage' } },
]
