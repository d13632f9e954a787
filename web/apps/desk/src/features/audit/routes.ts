import type { RouteRecordRaw } from 'vue-router'
import { withWords } from '../../i18n'

export const auditRoutes: RouteRecordRaw[] = [
  {
    path: 'audit',
    name: 'audit',
    component: withWords(() => import('./pages/AuditPage.vue'), 'audit'),
    meta: { place: 'settings', title: 'desk.settings.audit', needs: 'audit.read' },
  },
]
