import type { RouteRecordRaw } from 'vue-router'
import { withWords } from '../../i18n'

export const segmentRoutes: RouteRecordRaw[] = [
  {
    path: 'segments',
    name: 'segments',
    component: withWords(() => import('./pages/SegmentsPage.vue'), 'desk_segments'),
    meta: { place: 'settings', title: 'desk.settings.segments', needs: 'segment.manage' },
  },
]
