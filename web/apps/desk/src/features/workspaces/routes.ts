import type { RouteRecordRaw } from 'vue-router'
import { withWords } from '../../i18n'

/** Pages before signing in. */
export const doorRoutes: RouteRecordRaw[] = [
  { path: '/sign-in', name: 'sign-in', component: withWords(() => import('./pages/SignInPage.vue'), 'desk_access'), meta: { door: true, title: 'desk.signIn.title' } },
  { path: '/second', name: 'second', component: withWords(() => import('./factors/SecondPage.vue'), 'desk_access'), meta: { door: true, title: 'desk.signIn.title' } },
  { path: '/company', name: 'company', component: withWords(() => import('./signOn/CompanyPage.vue'), 'desk_access'), meta: { door: true, title: 'desk.signIn.title' } },
  { path: '/secure', name: 'secure', component: withWords(() => import('./factors/SecurePage.vue'), 'desk_access'), meta: { bare: true, title: 'desk.signIn.title' } },
  { path: '/setup', name: 'setup', component: () => import('./pages/SetupPage.vue'), meta: { door: true, title: 'desk.setup.title' } },
  { path: '/join', name: 'join', component: () => import('./pages/JoinPage.vue'), meta: { door: true, title: 'desk.join.title' } },
  { path: '/unreachable', name: 'unreachable', component: () => import('./pages/UnreachablePage.vue'), meta: { door: true, title: 'desk.unreachable.title' } },
]

export const personRoutes: RouteRecordRaw[] = [
  { path: '/me', name: 'me', component: withWords(() => import('./pages/ProfilePage.vue'), 'desk_access'), meta: { place: 'me', title: 'desk.place.me' } },
]

/** Children of /settings. */
export const settingsRoutes: RouteRecordRaw[] = [
  { path: 'workspace', name: 'workspace', component: () => import('./pages/WorkspacePage.vue'), meta: { place: 'settings', title: 'desk.settings.workspace', needs: 'workspace.manage' } },
  { path: 'team', name: 'team', component: withWords(() => import('./pages/TeamPage.vue'), 'desk_access'), meta: { place: 'settings', title: 'desk.settings.team', needs: 'member.read' } },
  { path: 'access', name: 'access', component: withWords(() => import('./access/AccessPage.vue'), 'desk_access'), meta: { place: 'settings', title: 'desk.settings.access', needs: 'workspace.manage' } },
  { path: 'roles', name: 'roles', component: withWords(() => import('./pages/RolesPage.vue'), 'desk_roles'), meta: { place: 'settings', title: 'desk.settings.roles', needs: 'role.manage' } },
  { path: 'masking', name: 'masking', component: withWords(() => import('./pages/MaskingPage.vue'), 'desk_roles'), meta: { place: 'settings', title: 'desk.settings.masking', needs: 'privacy.manage' } },
  { path: 'tokens', name: 'tokens', component: () => import('./pages/TokensPage.vue'), meta: { place: 'settings', title: 'desk.settings.tokens', needs: 'token.manage' } },
]
