export { default as BlockButton } from './components/BlockButton.vue'
export { default as BlockedSources } from './components/BlockedSources.vue'
