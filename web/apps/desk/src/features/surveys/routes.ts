import type { RouteRecordRaw } from 'vue-router'
import { withWords } from '../../i18n'

export const satisfactionRoutes: RouteRecordRaw[] = [
  { path: '/satisfaction', name: 'satisfaction', component: () => import('./pages/SatisfactionPage.vue'), meta: { place: 'satisfaction', title: 'desk.place.satisfaction' } },
]

const meta = { place: 'settings', title: 'desk.settings.surveys', needs: 'survey.manage' } as const

export const surveyRoutes: RouteRecordRaw[] = [
  { path: 'surveys', name: 'surveys', component: () => import('./pages/SurveysPage.vue'), meta },
  { path: 'surveys/:id', name: 'survey', component: withWords(() => import('./pages/SurveyPage.vue'), 'desk_channels'), meta },
]
