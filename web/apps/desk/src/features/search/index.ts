export { default as BackToHits } from './components/BackToHits.vue'
