import { defineAsyncComponent } from 'vue'

export { useFieldSet } from './api'
export const OwnFields = defineAsyncComponent(() => import('./components/OwnFields.vue'))
