import { defineAsyncComponent } from 'vue'

export const LinkCards = defineAsyncComponent(() => import('./components/LinkCards.vue'))
export { default as LinkSwitch } from './components/LinkSwitch.vue'
