export { default as VisitorTrail } from './components/VisitorTrail.vue'
