import type { RouteRecordRaw } from 'vue-router'
import { withWords } from '../../i18n'

const meta = { place: 'settings', title: 'desk.settings.channels', needs: 'channel.read' } as const
const manages = { ...meta, needs: 'channel.manage' } as const

export const channelRoutes: RouteRecordRaw[] = [
  { path: 'channels', name: 'channels', component: withWords(() => import('./pages/ChannelsPage.vue'), 'desk_channels'), meta },
  { path: 'channels/new', name: 'channel-kinds', component: withWords(() => import('./pages/ChannelKindsPage.vue'), 'desk_channels'), meta: manages },
  { path: 'channels/new/:kind', name: 'channel-new', component: withWords(() => import('./pages/ChannelNewPage.vue'), 'desk_channels'), meta: manages },
  { path: 'channels/:id/setup', name: 'channel-setup', component: withWords(() => import('./pages/ChannelSetupPage.vue'), 'desk_channels'), meta: manages },
  { path: 'channels/:id', name: 'channel', component: withWords(() => import('./pages/ChannelPage.vue'), 'desk_channels', 'desk_hours', 'desk_reception'), meta },
]
