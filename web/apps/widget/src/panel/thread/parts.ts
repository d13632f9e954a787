import type { Chat } from '../chat'
import { learn, t } from '../words'

const sources = {
  menu: () => import('../later/menu'),
  files: () => import('../later/files'),
  emoji: () => import('../later/emoji'),
  earlier: () => import('../later/earlier'),
  place: () => import('../later/place'),
  viewer: () => import('../later/viewer'),
}

type Sources = typeof sources
export type Name = keyof Sources
type Parts = { [N in Name]?: Awaited<ReturnType<Sources[N]>> }

/** What has come so far of the parts that come with the first need of them. */
export const parts: Parts = {}

/**
 * Brings a part, with the words all of them share. Null where it cannot be had, and a word about it to `chat`;
 * without one it is fetched for a wish that is near, and nothing is drawn or said.
 */
export async function part<N extends Name>(name: N, chat?: Chat): Promise<NonNullable<Parts[N]> | null> {
  if (parts[name]) return parts[name]
  try {
    const [found] = await Promise.all([sources[name](), learn('widget_more')])
    parts[name] = found as Parts[N]
    chat?.changed()
    return found as NonNullable<Parts[N]>
  } catch {
    chat?.say(t('widget_thread.partFailed'))
    return null
  }
}
