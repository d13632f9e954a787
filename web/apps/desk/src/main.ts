import './main.css'
import { addAPIProvider } from '@iconify/vue'
import ui from '@nuxt/ui/vue-plugin'
import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { startCalls } from './call'
import { wearAgain } from './features/workspaces'
import { i18n, startWords } from './i18n'
import { router } from './router'
import { leaveDesk } from './shell/connect'
import { keepQueries, onceMore, passing } from './shell/queries'

// An icon that is missing from the build stays blank; it is never asked for elsewhere.
addAPIProvider('', { resources: [] })

const queries = keepQueries(
  new QueryClient({ defaultOptions: { queries: { retry: passing, refetchInterval: onceMore, refetchOnWindowFocus: false } } }),
)

// After an update the pages' old parts are gone; a fresh page knows the new ones. Where the server cannot be reached
// there would be no page at all: the one that is here stays.
addEventListener('vite:preloadError', () => void fetch('/healthz', { cache: 'no-store' }).then(({ ok }) => ok && location.reload(), () => undefined))

wearAgain()
await startWords()
startCalls(() => leaveDesk(true))
createApp(App)
  .use(createPinia())
  .use(router)
  .use(VueQueryPlugin, { queryClient: queries })
  .use(i18n)
  .use(ui)
  .mount('#app')

void import('./features/devices/begin').then(({ begin }) => begin())
