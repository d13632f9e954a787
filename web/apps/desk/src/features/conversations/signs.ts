/** What most reactions are; the rest comes with the picker. */
export const FIRST_SIGNS = ['👍', '❤️', '😄', '🎉', '😮', '🙏'] as const
