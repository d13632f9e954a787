import type { RouteRecordRaw } from 'vue-router'

export const screeningRoutes: RouteRecordRaw[] = [
  { path: 'words', name: 'words', component: () => import('./pages/WordsPage.vue'), meta: { place: 'settings', title: 'desk.settings.words', needs: 'word_list.manage' } },
]
