import { defineAsyncComponent } from 'vue'

export const OrdersPane = defineAsyncComponent(() => import('./components/OrdersPane.vue'))
