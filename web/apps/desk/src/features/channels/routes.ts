import type { RouteRecordRaw } from 'vue-router'

const meta = { place: 'settings', title: 'desk.settings.channels', needs: 'channel.read' } as const
const manages = { ...meta, needs: 'channel.manage' } as const

export const channelRoutes: RouteRecordRaw[] = [
  { path: 'channels', name: 'channels', component: () => import('./pages/ChannelsPage.vue'), meta },
  { path: 'channels/new', name: 'channel-kinds', component: () => import('./pages/ChannelKindsPage.vue'), meta: manages },
  { path: 'channels/new/:kind', name: 'channel-new', component: () => import('./pages/ChannelNewPage.vue'), meta: manages },
  { path: 'channels/:id/setup', name: 'channel-setup', component: () => import('./pages/ChannelSetupPage.vue'), meta: manages },
  { path: 'channels/:id', name: 'channel', component: () => import('./pages/ChannelPage.vue'), meta },
]
