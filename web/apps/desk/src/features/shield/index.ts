export { default as BlockButton } from './components/BlockButton.vue'
export { default as BlockedSources } from './components/BlockedSources.vue'
export { default as InfectedToasts } from './components/InfectedToasts.vue'
export { default as ScreenMark } from './components/ScreenMark.vue'
