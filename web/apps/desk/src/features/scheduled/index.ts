export { default as ScheduledLines } from './components/ScheduledLines.vue'
export { default as SendLater } from './components/SendLater.vue'
