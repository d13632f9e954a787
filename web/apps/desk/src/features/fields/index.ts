export { default as OwnFields } from './components/OwnFields.vue'
