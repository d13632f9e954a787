import { ref } from 'vue'

/** Whether the command palette is open; there is one of it. */
export const paletteOpen = ref(false)
