import type { RouteRecordRaw } from 'vue-router'

const meta = { place: 'settings', title: 'desk.settings.channels', needs: 'channel.read' } as const

export const channelRoutes: RouteRecordRaw[] = [
  { path: 'channels', name: 'channels', component: () => import('./pages/ChannelsPage.vue'), meta },
  { path: 'channels/new/:kind', name: 'channel-new', component: () => import('./pages/ChannelNewPage.vue'), meta: { ...meta, needs: 'channel.manage' } },
  { path: 'channels/:id', name: 'channel', component: () => import('./pages/ChannelPage.vue'), meta },
]
