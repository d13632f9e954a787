import type { RouteRecordRaw } from 'vue-router'
import { withWords } from '../../i18n'

/** Child of /settings. */
export const backupRoutes: RouteRecordRaw[] = [
  {
    path: 'backup',
    name: 'backup',
    component: withWords(() => import('./pages/BackupPage.vue'), 'desk_backup'),
    meta: { place: 'settings', title: 'desk.settings.backup', needs: 'workspace.own' },
  },
]
