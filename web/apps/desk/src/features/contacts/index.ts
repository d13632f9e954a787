import { defineAsyncComponent } from 'vue'

export { default as CustomerCard } from './components/CustomerCard.vue'
export { default as CustomerTabs } from './components/CustomerTabs.vue'
export const NotesPane = defineAsyncComponent(() => import('./components/NotesPane.vue'))
