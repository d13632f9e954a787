export { default as AlertToasts } from './components/AlertToasts.vue'
