import { defineAsyncComponent } from 'vue'

export const StoppedNotice = defineAsyncComponent(() => import('./components/StoppedNotice.vue'))
