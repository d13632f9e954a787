import type { RouteRecordRaw } from 'vue-router'

export const auditRoutes: RouteRecordRaw[] = [
  {
    path: 'audit',
    name: 'audit',
    component: () => import('./pages/AuditPage.vue'),
    meta: { place: 'settings', title: 'desk.settings.audit', needs: 'audit.read' },
  },
]
