import { defineAsyncComponent } from 'vue'

export const RulesTab = defineAsyncComponent(() => import('./components/RulesTab.vue'))
