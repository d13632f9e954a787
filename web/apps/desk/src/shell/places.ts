import type { Permission } from '@kezhan/api'

interface Place {
  name: 'conversations' | 'contacts' | 'settings' | 'me'
  to: string
  icon: string
  /** The right without which there is nothing to see there. */
  needs?: Permission
}

/** The four places of the desk, in the rail and in the phone's bottom bar. */
export const places: readonly Place[] = [
  { name: 'conversations', to: '/conversations', icon: 'i-lucide-messages-square', needs: 'conversation.read' },
  { name: 'contacts', to: '/contacts', icon: 'i-lucide-contact-round', needs: 'contact.read' },
  { name: 'settings', to: '/settings', icon: 'i-lucide-settings' },
  { name: 'me', to: '/me', icon: 'i-lucide-circle-user-round' },
]
