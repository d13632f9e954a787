import type { RouteRecordRaw } from 'vue-router'

const meta = { place: 'settings', title: 'desk.settings.hours', needs: 'channel.read' } as const
const manages = { ...meta, needs: 'routing.manage' } as const

export const hoursRoutes: RouteRecordRaw[] = [
  { path: 'hours', name: 'hours', component: () => import('./pages/HoursPage.vue'), meta },
  { path: 'hours/new', name: 'schedule-new', component: () => import('./pages/SchedulePage.vue'), meta: manages },
  { path: 'hours/holidays/new', name: 'holidays-new', component: () => import('./pages/HolidaysPage.vue'), meta: manages },
  { path: 'hours/holidays/:id', name: 'holidays', component: () => import('./pages/HolidaysPage.vue'), meta },
  { path: 'hours/:id', name: 'schedule', component: () => import('./pages/SchedulePage.vue'), meta },
]
