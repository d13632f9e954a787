import type { RouteRecordRaw } from 'vue-router'

/** Children of /settings. */
export const receptionRoutes: RouteRecordRaw[] = [
  { path: 'reception', name: 'reception', component: () => import('./pages/ReceptionPage.vue'), meta: { place: 'settings', title: 'desk.settings.reception', needs: 'routing.manage' } },
]
