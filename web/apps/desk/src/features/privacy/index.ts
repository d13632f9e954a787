import { defineAsyncComponent } from 'vue'
import { withWords } from '../../i18n'

export const PersonPrivacy = defineAsyncComponent(withWords(() => import('./components/PersonPrivacy.vue'), 'desk_privacy'))
