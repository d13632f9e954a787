export { default as OwnFields } from './components/OwnFields.vue'
export { useFieldSet } from './api'
