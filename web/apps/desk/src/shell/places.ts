import type { Permission } from '@kezhan/api'

export type PlaceName = 'conversations' | 'contacts' | 'visitors' | 'search' | 'colleagues' | 'monitor' | 'satisfaction' | 'settings' | 'me'

interface Place {
  name: PlaceName
  to: string
  icon: string
  /** The right without which there is nothing to see there. */
  needs?: Permission
  /** On a phone, whose bar has room for four, it is reached from this place. */
  within?: 'conversations' | 'contacts' | 'settings'
}

/** The places of the desk, in the rail; four of them in the phone's bottom bar. */
export const places: readonly Place[] = [
  { name: 'conversations', to: '/conversations', icon: 'i-lucide-messages-square', needs: 'conversation.read' },
  { name: 'search', to: '/search', icon: 'i-lucide-search', needs: 'conversation.read', within: 'conversations' },
  { name: 'contacts', to: '/contacts', icon: 'i-lucide-contact-round', needs: 'contact.read' },
  { name: 'visitors', to: '/visitors', icon: 'i-lucide-radar', needs: 'contact.read', within: 'contacts' },
  { name: 'colleagues', to: '/colleagues', icon: 'i-lucide-message-circle', needs: 'staff.chat', within: 'settings' },
  { name: 'monitor', to: '/monitor', icon: 'i-lucide-activity', needs: 'conversation.read', within: 'settings' },
  { name: 'satisfaction', to: '/satisfaction', icon: 'i-lucide-star', needs: 'survey.read', within: 'settings' },
  { name: 'settings', to: '/settings', icon: 'i-lucide-settings' },
  { name: 'me', to: '/me', icon: 'i-lucide-circle-user-round' },
]
