import type { RouteRecordRaw } from 'vue-router'
import { withWords } from '../../i18n'

export const tagRoutes: RouteRecordRaw[] = [
  { path: 'tags', name: 'tags', component: withWords(() => import('./pages/TagsPage.vue'), 'desk_tagging'), meta: { place: 'settings', title: 'desk.settings.tags', needs: 'tag.manage' } },
]
