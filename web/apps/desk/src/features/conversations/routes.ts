import type { RouteRecordRaw } from 'vue-router'

export const conversationRoutes: RouteRecordRaw[] = [
  { path: '/conversations', redirect: '/conversations/mine' },
  {
    // `part` is the customer's side on a phone, where it is a screen of its own.
    path: '/conversations/:list(mine|unassigned|parked|all|closed|spam|mentions|view-[0-9a-f-]+)/:id?/:part(customer)?',
    name: 'conversations',
    component: () => import('./pages/ConversationsPage.vue'),
    meta: { place: 'conversations', title: 'desk.place.conversations' },
  },
]

export const blockedRoutes: RouteRecordRaw[] = [
  { path: 'blocked', name: 'blocked', component: () => import('./pages/BlockedPage.vue'), meta: { place: 'settings', title: 'desk.settings.blocked', needs: 'contact.block' } },
]
