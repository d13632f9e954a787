import type { RouteRecordRaw } from 'vue-router'
import { withWords } from '../../i18n'

export const fieldRoutes: RouteRecordRaw[] = [
  { path: 'fields/:subject(contact|company)?', name: 'fields', component: withWords(() => import('./pages/FieldsPage.vue'), 'desk_fields'), meta: { place: 'settings', title: 'desk.settings.fields', needs: 'field.manage' } },
]
