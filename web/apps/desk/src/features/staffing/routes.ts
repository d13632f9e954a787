import type { RouteRecordRaw } from 'vue-router'

export const staffingRoutes: RouteRecordRaw[] = [
  {
    path: 'staffing',
    name: 'staffing',
    component: () => import('./pages/StaffingPage.vue'),
    meta: { place: 'settings', title: 'desk.settings.staffing', needs: 'conversation.reply' },
  },
]
