import type { RouteRecordRaw } from 'vue-router'

export const contactRoutes: RouteRecordRaw[] = [
  {
    path: '/contacts/:id?',
    name: 'contacts',
    component: () => import('./pages/ContactsPage.vue'),
    meta: { place: 'contacts', title: 'desk.place.contacts' },
  },
]
