/** The four places of the desk, in the rail and in the phone's bottom bar. */
export const places = [
  { name: 'conversations', to: '/conversations', icon: 'i-lucide-messages-square' },
  { name: 'contacts', to: '/contacts', icon: 'i-lucide-contact-round' },
  { name: 'settings', to: '/settings', icon: 'i-lucide-settings' },
  { name: 'me', to: '/me', icon: 'i-lucide-circle-user-round' },
] as const
