export { default as CustomerCard } from './components/CustomerCard.vue'
export { default as CustomerTabs } from './components/CustomerTabs.vue'
