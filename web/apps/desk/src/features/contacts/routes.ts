import type { RouteRecordRaw } from 'vue-router'
import { withWords } from '../../i18n'

export const contactRoutes: RouteRecordRaw[] = [
  {
    path: '/contacts/import/:id?',
    name: 'import',
    component: withWords(() => import('./pages/ImportPage.vue'), 'desk_import'),
    meta: { place: 'contacts', title: 'desk.contacts.import', needs: 'contact.import' },
  },
  {
    path: '/contacts/alike',
    name: 'alike',
    component: withWords(() => import('./pages/AlikePage.vue'), 'desk_person'),
    meta: { place: 'contacts', title: 'desk.contacts.alike', needs: 'contact.merge' },
  },
  {
    path: '/companies/:id?',
    name: 'companies',
    component: withWords(() => import('./pages/CompaniesPage.vue'), 'desk_company'),
    meta: { place: 'contacts', title: 'desk.contacts.companies' },
  },
  {
    path: '/contacts/:id?',
    name: 'contacts',
    component: () => import('./pages/ContactsPage.vue'),
    meta: { place: 'contacts', title: 'desk.place.contacts' },
  },
]
