import type { RouteRecordRaw } from 'vue-router'

export const translationRoutes: RouteRecordRaw[] = [
  { path: 'translation', name: 'translation', component: () => import('./pages/TranslationPage.vue'), meta: { place: 'settings', title: 'desk.settings.translation', needs: 'workspace.manage' } },
]
