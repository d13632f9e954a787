import type { RouteRecordRaw } from 'vue-router'

export const shieldRoutes: RouteRecordRaw[] = [
  { path: 'protection', name: 'protection', component: () => import('./pages/ProtectionPage.vue'), meta: { place: 'settings', title: 'desk.settings.protection', needs: 'workspace.manage' } },
]
