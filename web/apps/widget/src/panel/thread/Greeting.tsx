import { h } from 'preact'
import type { Chat } from '../chat'
import { t } from '../words'
import { parts } from './parts'

/** What stands before the first message and is nobody's message. */
export function Greeting({ chat }: { chat: Chat }) {
  const { session } = chat.client
  return session && (
    <div class="line">
      <p class="bubble">{session.site.greeting || t('widget_thread.greeting')}</p>
      {parts.place && <parts.place.Absence chat={chat} />}
    </div>
  )
}
