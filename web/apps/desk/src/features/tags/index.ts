import { defineAsyncComponent } from 'vue'

export { TAGS, useKeepTags, useTags } from './api'
export { isFor, isInUse, plain, type Thing } from './find'
export { default as ContactTags } from './components/ContactTags.vue'
export { default as ConversationTags } from './components/ConversationTags.vue'
export { default as TagChip } from './components/TagChip.vue'
export { default as TagMarks } from './components/TagMarks.vue'
export const TagChoice = defineAsyncComponent(() => import('./components/TagChoice.vue'))
