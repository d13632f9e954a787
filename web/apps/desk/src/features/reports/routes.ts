import type { RouteRecordRaw } from 'vue-router'

const meta = { place: 'monitor', title: 'desk.place.monitor' } as const

export const monitorRoutes: RouteRecordRaw[] = [
  { path: '/monitor', name: 'monitor', component: () => import('./pages/MonitorPage.vue'), meta },
  { path: '/monitor/wall', name: 'wall', component: () => import('./pages/WallPage.vue'), meta: { ...meta, bare: true } },
  { path: '/monitor/alerts', name: 'alerts', component: () => import('./pages/AlertsPage.vue'), meta: { ...meta, needs: 'routing.manage' } },
  { path: '/monitor/teams/:id', name: 'diagnosis', component: () => import('./pages/DiagnosisPage.vue'), meta },
]
