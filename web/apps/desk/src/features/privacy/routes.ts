import type { RouteRecordRaw } from 'vue-router'
import { withWords } from '../../i18n'

export const privacyRoutes: RouteRecordRaw[] = [
  { path: 'privacy', name: 'privacy', component: withWords(() => import('./pages/PrivacyPage.vue'), 'desk_privacy'), meta: { place: 'settings', title: 'desk.settings.privacy', needs: 'privacy.manage' } },
]
