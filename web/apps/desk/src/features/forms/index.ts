export { default as FormFields } from './components/FormFields.vue'
export { asLines, fromLines, given, hasChoices, kinds, leavesOf, newId, saidOf, type Values } from './answers'
