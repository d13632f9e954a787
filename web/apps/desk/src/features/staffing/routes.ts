import type { RouteRecordRaw } from 'vue-router'
import { withWords } from '../../i18n'

export const staffingRoutes: RouteRecordRaw[] = [
  {
    path: 'staffing',
    name: 'staffing',
    component: withWords(() => import('./pages/StaffingPage.vue'), 'staffing'),
    meta: { place: 'settings', title: 'desk.settings.staffing', needs: 'conversation.reply' },
  },
]
