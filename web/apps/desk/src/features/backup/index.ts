export { default as BackupNotice } from './components/BackupNotice.vue'
