import type { RouteRecordRaw } from 'vue-router'

export const tagRoutes: RouteRecordRaw[] = [
  { path: 'tags', name: 'tags', component: () => import('./pages/TagsPage.vue'), meta: { place: 'settings', title: 'desk.settings.tags', needs: 'tag.manage' } },
]
