import type { RouteRecordRaw } from 'vue-router'

export const staffRoutes: RouteRecordRaw[] = [
  { path: '/colleagues/:id?', name: 'colleagues', component: () => import('./pages/ColleaguesPage.vue'), meta: { place: 'colleagues', title: 'desk.place.colleagues' } },
]
