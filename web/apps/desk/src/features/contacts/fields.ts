// The controls of a profile, each kept when it is left or chosen; other profiles have the same.
export { default as ChoiceField } from './components/ChoiceField.vue'
export { default as ChoicesField } from './components/ChoicesField.vue'
export { default as TextField } from './components/TextField.vue'
