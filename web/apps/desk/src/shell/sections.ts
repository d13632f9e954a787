/** The sections of the settings, with the right each needs. */
export const sections = [
  { name: 'channels', icon: 'i-lucide-plug', needs: 'channel.read' },
  { name: 'reception', icon: 'i-lucide-git-branch', needs: 'routing.manage' },
  { name: 'hours', icon: 'i-lucide-clock', needs: 'channel.read' },
  { name: 'quick', icon: 'i-lucide-zap', needs: 'conversation.reply' },
  { name: 'tags', icon: 'i-lucide-tag', needs: 'tag.manage' },
  { name: 'invites', icon: 'i-lucide-hand', needs: 'routing.manage' },
  { name: 'wrapup', icon: 'i-lucide-clipboard-check', needs: 'team.manage' },
  { name: 'blocked', icon: 'i-lucide-ban', needs: 'contact.block' },
  { name: 'surveys', icon: 'i-lucide-star', needs: 'survey.manage' },
  { name: 'orders', icon: 'i-lucide-shopping-bag', needs: 'workspace.manage' },
  { name: 'translation', icon: 'i-lucide-languages', needs: 'workspace.manage' },
  { name: 'team', icon: 'i-lucide-users-round', needs: 'member.read' },
  { name: 'staffing', icon: 'i-lucide-calendar-days', needs: 'conversation.reply' },
  { name: 'workspace', icon: 'i-lucide-building-2', needs: 'workspace.manage' },
  { name: 'tokens', icon: 'i-lucide-key-round', needs: 'token.manage' },
  { name: 'audit', icon: 'i-lucide-scroll-text', needs: 'audit.read' },
] as const
