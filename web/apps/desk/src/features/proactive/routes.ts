import type { RouteRecordRaw } from 'vue-router'

export const visitorRoutes: RouteRecordRaw[] = [
  { path: '/visitors', name: 'visitors', component: () => import('./pages/VisitorsPage.vue'), meta: { place: 'visitors', title: 'desk.onsite.title' } },
]

const meta = { place: 'settings', title: 'desk.settings.invites', needs: 'routing.manage' } as const

export const inviteRoutes: RouteRecordRaw[] = [
  { path: 'invites', name: 'invites', component: () => import('./pages/RulesPage.vue'), meta },
  { path: 'invites/:id', name: 'invite-rule', component: () => import('./pages/RulePage.vue'), meta },
]
