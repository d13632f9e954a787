export { default as VisitorTrail } from './components/VisitorTrail.vue'
export { openable, pathOf } from './trail'
