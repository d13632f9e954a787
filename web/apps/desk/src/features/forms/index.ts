export { given, saidOf, type Values } from './answers'
export { default as FormFields } from './components/FormFields.vue'
