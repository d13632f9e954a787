import type { RouteRecordRaw } from 'vue-router'
import { withWords } from '../../i18n'

const meta = { place: 'settings', title: 'desk.settings.hours', needs: 'channel.read' } as const
const manages = { ...meta, needs: 'routing.manage' } as const

export const hoursRoutes: RouteRecordRaw[] = [
  { path: 'hours', name: 'hours', component: withWords(() => import('./pages/HoursPage.vue'), 'desk_hours'), meta },
  { path: 'hours/new', name: 'schedule-new', component: withWords(() => import('./pages/SchedulePage.vue'), 'desk_hours'), meta: manages },
  { path: 'hours/holidays/new', name: 'holidays-new', component: withWords(() => import('./pages/HolidaysPage.vue'), 'desk_hours'), meta: manages },
  { path: 'hours/holidays/:id', name: 'holidays', component: withWords(() => import('./pages/HolidaysPage.vue'), 'desk_hours'), meta },
  { path: 'hours/:id', name: 'schedule', component: withWords(() => import('./pages/SchedulePage.vue'), 'desk_hours'), meta },
]
