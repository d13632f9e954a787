import type { RouteRecordRaw } from 'vue-router'

export const conversationRoutes: RouteRecordRaw[] = [
  { path: '/conversations', redirect: '/conversations/mine' },
  {
    // `part` is the customer's side on a phone, where it is a screen of its own.
    path: '/conversations/:list(mine|unassigned|all|closed)/:id?/:part(customer)?',
    name: 'conversations',
    component: () => import('./pages/ConversationsPage.vue'),
    meta: { place: 'conversations', title: 'desk.place.conversations' },
  },
]
