import type { RouteRecordRaw } from 'vue-router'

export const formRoutes: RouteRecordRaw[] = [
  { path: 'wrapup', name: 'wrapup', component: () => import('./pages/WrapUpPage.vue'), meta: { place: 'settings', title: 'desk.settings.wrapup', needs: 'team.manage' } },
]
