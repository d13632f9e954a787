import type { RouteRecordRaw } from 'vue-router'
import { withWords } from '../../i18n'

/** Children of /settings. */
export const integrationRoutes: RouteRecordRaw[] = [
  { path: 'webhooks', name: 'webhooks', component: withWords(() => import('./pages/WebhooksPage.vue'), 'desk_hooks'), meta: { place: 'settings', title: 'desk.settings.webhooks', needs: 'webhook.manage' } },
  { path: 'webhooks/:id', name: 'webhook', component: withWords(() => import('./pages/WebhookPage.vue'), 'desk_hooks'), props: true, meta: { place: 'settings', title: 'desk.settings.webhooks', needs: 'webhook.manage' } },
  { path: 'api', name: 'api', component: withWords(() => import('./pages/ApiPage.vue'), 'desk_hooks'), meta: { place: 'settings', title: 'desk.settings.api', needs: 'token.manage' } },
]
