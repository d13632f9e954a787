import { defineAsyncComponent } from 'vue'

export { default as BackToHits } from './components/BackToHits.vue'
export { midnight } from './question'
export const DaysFilter = defineAsyncComponent(() => import('./components/DaysFilter.vue'))
export const FilterChip = defineAsyncComponent(() => import('./components/FilterChip.vue'))
export const ExportRow = defineAsyncComponent(() => import('./components/ExportRow.vue'))
export const ExportPeople = defineAsyncComponent(() => import('./components/ExportPeople.vue'))
