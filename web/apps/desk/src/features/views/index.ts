import { defineAsyncComponent } from 'vue'

export { useFilterWords, useViews } from './api'
export { isWholeFilter } from './conditions'
export { isView, iconOf, keyOf, type ListKey } from './names'
export { useBulkAct } from './bulk'
export { usePicked } from './picked'
export { useShownList } from './shown'
export { default as BulkBar } from './components/BulkBar.vue'
export { default as BulkState } from './components/BulkState.vue'
export { default as ViewHeader } from './components/ViewHeader.vue'
export const FilterGroups = defineAsyncComponent(() => import('./components/FilterGroups.vue'))
