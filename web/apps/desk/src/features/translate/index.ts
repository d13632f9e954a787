import { defineAsyncComponent } from 'vue'

export const ReplyPreview = defineAsyncComponent(() => import('./components/ReplyPreview.vue'))
export { default as TranslateLine } from './components/TranslateLine.vue'
export { default as MessageTranslation } from './components/MessageTranslation.vue'
export { useReplying } from './replying'
