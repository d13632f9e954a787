import { h } from 'preact'
import type { Chat } from '../chat'
import { t } from '../words'

/** What stands before the first message and is nobody's message. */
export function Greeting({ chat }: { chat: Chat }) {
  const { session, agentsOnline } = chat.client
  return session && (
    <div class="line">
      <p class="bubble">{session.site.greeting || t('widget_thread.greeting')}</p>
      {!agentsOnline && <p class="event">{session.site.offline_text || t('widget_thread.offline')}</p>}
    </div>
  )
}
