import type { RouteRecordRaw } from 'vue-router'
import { withWords } from '../../i18n'

const meta = { place: 'monitor', title: 'desk.place.monitor' } as const

export const monitorRoutes: RouteRecordRaw[] = [
  { path: '/monitor', name: 'monitor', component: withWords(() => import('./pages/MonitorPage.vue'), 'desk_monitor'), meta },
  { path: '/monitor/wall', name: 'wall', component: withWords(() => import('./pages/WallPage.vue'), 'desk_monitor'), meta: { ...meta, bare: true } },
  { path: '/monitor/alerts', name: 'alerts', component: withWords(() => import('./pages/AlertsPage.vue'), 'desk_monitor'), meta: { ...meta, needs: 'routing.manage' } },
  { path: '/monitor/teams/:id', name: 'diagnosis', component: withWords(() => import('./pages/DiagnosisPage.vue'), 'desk_monitor'), meta },
]
