import { defineAsyncComponent } from 'vue'
import { withWords } from '../../i18n'

export const AlertToasts = defineAsyncComponent(withWords(() => import('./components/AlertToasts.vue'), 'desk_monitor'))
