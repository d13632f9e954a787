import { defineAsyncComponent } from 'vue'
import { withWords } from '../../i18n'

export const TimelinePane = defineAsyncComponent(withWords(() => import('./components/TimelinePane.vue'), 'desk_timeline'))
