import { h } from 'preact'
import type { Chat } from '../chat'
import { t } from '../words'
import { gist } from './Line'

/** Above the field: which message is answered or worded anew. */
export function Subject({ chat }: { chat: Chat }) {
  const subject = chat.editing ?? chat.quoting
  if (!subject) return null
  return (
    <p class="subject">
      <span>{chat.editing ? t('widget_thread.editing') : gist(subject.message)}</span>
      <button type="button" class="text" onClick={() => chat.take(null, null)}>{t('widget_thread.cancel')}</button>
    </p>
  )
}
