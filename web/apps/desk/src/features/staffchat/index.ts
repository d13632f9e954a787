import { defineAsyncComponent } from 'vue'
import { shown } from './live'

// Colleagues' talk comes after the first screen: nothing of it is in the desk's first scripts but these doors.
export const StaffBadge = defineAsyncComponent(() => import('./components/StaffBadge.vue'))
export const StaffDrawer = defineAsyncComponent(() => import('./components/StaffDrawer.vue'))
export { default as StaffToggle } from './components/StaffToggle.vue'

/** Show a conversation to a colleague: the chat opens with its link at hand. */
export const shareWithColleague = (conversationId: string): void => void (shown.value = conversationId)
export { resumeStaff, forgetStaff } from './live'
