import type { RouteRecordRaw } from 'vue-router'

const meta = { place: 'settings', title: 'desk.settings.quick', needs: 'conversation.reply' } as const

export const quickRoutes: RouteRecordRaw[] = [
  { path: 'quick', name: 'quick', component: () => import('./pages/QuickRepliesPage.vue'), meta },
  { path: 'quick/new', name: 'quick-new', component: () => import('./pages/QuickReplyPage.vue'), meta },
  { path: 'quick/:id', name: 'quick-reply', component: () => import('./pages/QuickReplyPage.vue'), meta },
]
