/** The sections of the settings under their headings, with the right each needs. */
const groups = [
  {
    name: 'reception',
    sections: [
      { name: 'channels', icon: 'i-lucide-plug', needs: 'channel.read' },
      { name: 'reception', icon: 'i-lucide-git-branch', needs: 'routing.manage' },
      { name: 'hours', icon: 'i-lucide-clock', needs: 'channel.read' },
      { name: 'staffing', icon: 'i-lucide-calendar-days', needs: 'conversation.reply' },
      { name: 'invites', icon: 'i-lucide-hand', needs: 'routing.manage' },
    ],
  },
  {
    name: 'conversations',
    sections: [
      { name: 'quick', icon: 'i-lucide-zap', needs: 'conversation.reply' },
      { name: 'tags', icon: 'i-lucide-tag', needs: 'tag.manage' },
      { name: 'wrapup', icon: 'i-lucide-clipboard-check', needs: 'team.manage' },
      { name: 'surveys', icon: 'i-lucide-star', needs: 'survey.manage' },
      { name: 'words', icon: 'i-lucide-shield-alert', needs: 'word_list.manage' },
      { name: 'translation', icon: 'i-lucide-languages', needs: 'workspace.manage' },
    ],
  },
  {
    name: 'customers',
    sections: [
      { name: 'segments', icon: 'i-lucide-layers', needs: 'segment.manage' },
      { name: 'fields', icon: 'i-lucide-list-plus', needs: 'field.manage' },
      { name: 'consent', icon: 'i-lucide-file-check', needs: 'privacy.manage' },
      { name: 'blocked', icon: 'i-lucide-ban', needs: 'contact.block' },
      { name: 'orders', icon: 'i-lucide-shopping-bag', needs: 'workspace.manage' },
    ],
  },
  {
    name: 'workspace',
    sections: [
      { name: 'workspace', icon: 'i-lucide-building-2', needs: 'workspace.manage' },
      { name: 'team', icon: 'i-lucide-users-round', needs: 'member.read' },
      { name: 'roles', icon: 'i-lucide-user-cog', needs: 'role.manage' },
      { name: 'access', icon: 'i-lucide-lock-keyhole', needs: 'workspace.manage' },
    ],
  },
  {
    name: 'security',
    sections: [
      { name: 'protection', icon: 'i-lucide-shield-check', needs: 'workspace.manage' },
      { name: 'masking', icon: 'i-lucide-eye-off', needs: 'privacy.manage' },
      { name: 'privacy', icon: 'i-lucide-user-round-check', needs: 'privacy.manage' },
      { name: 'audit', icon: 'i-lucide-scroll-text', needs: 'audit.read' },
      { name: 'backup', icon: 'i-lucide-archive', needs: 'workspace.own' },
    ],
  },
  {
    name: 'developers',
    sections: [
      { name: 'webhooks', icon: 'i-lucide-webhook', needs: 'webhook.manage' },
      { name: 'tokens', icon: 'i-lucide-key-round', needs: 'token.manage' },
    ],
  },
] as const

type Group = (typeof groups)[number]
export type Section = Group['sections'][number]

/** What she may open; a heading with nothing under it is left out. */
export function offeredTo(may: (right: Section['needs']) => boolean): { name: Group['name']; sections: Section[] }[] {
  return groups
    .map(({ name, sections }) => ({ name, sections: sections.filter(({ needs }) => may(needs)) }))
    .filter(({ sections }) => sections.length)
}
