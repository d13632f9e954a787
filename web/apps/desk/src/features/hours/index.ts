export { default as ChannelHours } from './components/ChannelHours.vue'
