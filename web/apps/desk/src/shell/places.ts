import type { Permission } from '@kezhan/api'

interface Place {
  name: 'conversations' | 'contacts' | 'visitors' | 'monitor' | 'settings' | 'me'
  to: string
  icon: string
  /** The right without which there is nothing to see there. */
  needs?: Permission
  /** On a phone, whose bar has room for four, it is reached from this place. */
  within?: 'contacts' | 'settings'
}

/** The places of the desk, in the rail; four of them in the phone's bottom bar. */
export const places: readonly Place[] = [
  { name: 'conversations', to: '/conversations', icon: 'i-lucide-messages-square', needs: 'conversation.read' },
  { name: 'contacts', to: '/contacts', icon: 'i-lucide-contact-round', needs: 'contact.read' },
  { name: 'visitors', to: '/visitors', icon: 'i-lucide-radar', needs: 'contact.read', within: 'contacts' },
  { name: 'monitor', to: '/monitor', icon: 'i-lucide-activity', needs: 'conversation.read', within: 'settings' },
  { name: 'settings', to: '/settings', icon: 'i-lucide-settings' },
  { name: 'me', to: '/me', icon: 'i-lucide-circle-user-round' },
]
