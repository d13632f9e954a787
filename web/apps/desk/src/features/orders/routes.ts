import type { RouteRecordRaw } from 'vue-router'

/** Child of /settings. */
export const orderRoutes: RouteRecordRaw[] = [
  { path: 'orders', name: 'orders', component: () => import('./pages/OrderSourcePage.vue'), meta: { place: 'settings', title: 'desk.settings.orders', needs: 'workspace.manage' } },
]
