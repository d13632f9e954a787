export { default as CustomerCard } from './components/CustomerCard.vue'
