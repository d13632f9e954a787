import { h } from 'preact'
import type { Chat } from '../chat'
import { t } from '../words'

/** What was refused, in words, until it is put away. */
export function Notice({ chat }: { chat: Chat }) {
  return chat.notice ? (
    <p class="banner notice">
      {chat.notice} <button class="text" onClick={() => chat.say('')}>{t('widget_thread.dismiss')}</button>
    </p>
  ) : null
}
