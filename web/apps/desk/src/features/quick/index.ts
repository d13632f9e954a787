export { useComposing } from './composing'
export { default as QuickChips } from './components/QuickChips.vue'
export { default as QuickPanel } from './components/QuickPanel.vue'
export { default as QuickSheet } from './components/QuickSheet.vue'
