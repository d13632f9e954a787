import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { auditRoutes } from './features/audit/routes'
import { backupRoutes } from './features/backup/routes'
import { channelRoutes } from './features/channels/routes'
import { contactRoutes } from './features/contacts/routes'
import { consentRoutes } from './features/consent/routes'
import { blockedRoutes, conversationRoutes } from './features/conversations/routes'
import { fieldRoutes } from './features/fields/routes'
import { formRoutes } from './features/forms/routes'
import { hoursRoutes } from './features/hours/routes'
import { integrationRoutes } from './features/integrations/routes'
import { inviteRoutes, visitorRoutes } from './features/proactive/routes'
import { orderRoutes } from './features/orders/routes'
import { quickRoutes } from './features/quick/routes'
import { monitorRoutes } from './features/reports/routes'
import { receptionRoutes } from './features/routing/routes'
import { staffRoutes } from './features/staffchat/routes'
import { searchRoutes } from './features/search/routes'
import { segmentRoutes } from './features/segments/routes'
import { staffingRoutes } from './features/staffing/routes'
import { satisfactionRoutes, surveyRoutes } from './features/surveys/routes'
import { tagRoutes } from './features/tags/routes'
import { privacyRoutes } from './features/privacy/routes'
import { screeningRoutes } from './features/screening/routes'
import { shieldRoutes } from './features/shield/routes'
import { translationRoutes } from './features/translate/routes'
import { useSession } from './features/workspaces'
import { doorRoutes, personRoutes, settingsRoutes } from './features/workspaces/routes'
import { places, type PlaceName } from './shell/places'

declare module 'vue-router' {
  interface RouteMeta {
    /** Seen without signing in. */
    door?: boolean
    /** The right a page needs; without it the page is not offered. */
    needs?: string
    /** Key of the page's name. */
    title?: string
    /** The place in the rail that is lit. */
    place?: PlaceName
    /** Fills the screen by itself: no rail, no bar. */
    bare?: boolean
  }
}

/** Each feature adds its routes here; pages are imported lazily so that the first screen stays small. */
const routes: RouteRecordRaw[] = [
  { path: '/', redirect: '/conversations/mine' },
  ...doorRoutes,
  ...conversationRoutes,
  ...contactRoutes,
  ...searchRoutes,
  ...visitorRoutes,
  ...staffRoutes,
  ...monitorRoutes,
  ...satisfactionRoutes,
  ...personRoutes,
  {
    path: '/settings',
    component: () => import('./shell/SettingsPage.vue'),
    meta: { place: 'settings', title: 'desk.place.settings' },
    children: [
      { path: '', name: 'settings', component: () => import('./shell/SettingsHome.vue') },
      ...channelRoutes,
      ...hoursRoutes,
      ...formRoutes,
      ...blockedRoutes,
      ...inviteRoutes,
      ...quickRoutes,
      ...tagRoutes,
      ...segmentRoutes,
      ...privacyRoutes,
      ...consentRoutes,
      ...screeningRoutes,
      ...fieldRoutes,
      ...shieldRoutes,
      ...orderRoutes,
      ...receptionRoutes,
      ...surveyRoutes,
      ...settingsRoutes,
      ...integrationRoutes,
      ...translationRoutes,
      ...staffingRoutes,
      ...backupRoutes,
      ...auditRoutes,
    ],
  },
  { path: '/:rest(.*)*', name: 'nowhere', component: () => import('./shell/NowherePage.vue'), meta: { title: 'desk.nowhere.title' } },
]

export const router = createRouter({ history: createWebHistory('/'), routes })

router.beforeEach(async (to) => {
  const session = useSession()
  if (to.meta.door) return true
  const me = await session.load().catch(() => undefined)
  if (me === undefined) return to.name === 'unreachable' ? true : { name: 'unreachable', query: { to: to.fullPath } }
  if (me === null) return { name: 'sign-in', query: to.path === '/' ? {} : { to: to.fullPath } }
  // Until she has set up what her workspace asks for, nothing else is open.
  if (me.factor_needed) return to.name === 'secure' ? true : { name: 'secure', query: to.path === '/' ? {} : { to: to.fullPath } }
  if (to.name === 'secure') return '/'
  const needs = to.meta.needs ?? places.find(({ name }) => name === to.meta.place)?.needs
  if (needs && !me.permissions.includes(needs)) return { name: 'settings' }
  return true
})
