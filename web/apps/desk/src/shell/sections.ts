/** The sections of the settings, with the right each needs. */
export const sections = [
  { name: 'channels', icon: 'i-lucide-plug', needs: 'channel.read' },
  { name: 'reception', icon: 'i-lucide-git-branch', needs: 'routing.manage' },
  { name: 'hours', icon: 'i-lucide-clock', needs: 'channel.read' },
  { name: 'invites', icon: 'i-lucide-hand', needs: 'routing.manage' },
  { name: 'team', icon: 'i-lucide-users-round', needs: 'member.read' },
  { name: 'staffing', icon: 'i-lucide-calendar-days', needs: 'conversation.reply' },
  { name: 'workspace', icon: 'i-lucide-building-2', needs: 'workspace.manage' },
  { name: 'tokens', icon: 'i-lucide-key-round', needs: 'token.manage' },
  { name: 'audit', icon: 'i-lucide-scroll-text', needs: 'audit.read' },
] as const
