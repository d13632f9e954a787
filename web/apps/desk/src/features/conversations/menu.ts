import type { Act } from './components/LineMenu.vue'
import { forwardable } from './selecting'
import { changeable, type Line } from './timeline'

// Made of more than its text, so that its text alone cannot be written anew.
const FIXED = new Set(['template', 'card', 'tap'])

/** What the menu of a line offers its reader, in groups. */
export function actsOn({ message, pending }: Line, memberId: string, mayReply: boolean, now: number): Act[][] {
  if (pending) return [['retry', 'discard']]
  const plain: Act[] = []
  if (mayReply && message.kind !== 'note') plain.push('quote')
  if (message.body) plain.push('copy')
  if (mayReply && forwardable(message)) plain.push('forward')
  const changes: Act[] = []
  if (mayReply && changeable(message, memberId, now)) {
    if ((message.kind === 'text' || message.kind === 'note') && !FIXED.has(message.payload?.is ?? '')) changes.push('edit')
    changes.push('recall')
  }
  return [plain, changes].filter((group) => group.length)
}
