import { defineAsyncComponent } from 'vue'
import { withWords } from '../../i18n'

export { useConsentTexts } from './api'
export const PersonConsents = defineAsyncComponent(withWords(() => import('./components/PersonConsents.vue'), 'desk_consent'))
