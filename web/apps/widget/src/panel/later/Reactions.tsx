import { react } from '@kezhan/client'
import { h } from 'preact'
import type { Chat } from '../chat'
import type { Line } from '../thread/timeline'
import { t } from '../words'

interface Props {
  chat: Chat
  line: Line
}

/** A small chip for each emoji, with who has chosen it; her own is taken away, another one joined, by a press. */
export function Reactions({ chat, line }: Props) {
  const { message, thread } = line
  const signs = new Map<string, string[]>()
  for (const { emoji, party, name } of message?.reactions ?? []) {
    signs.set(emoji, [...(signs.get(emoji) ?? []), party === 'visitor' ? t('widget_thread.you') : (name ?? '')])
  }
  const own = message?.reactions?.find(({ party }) => party === 'visitor')?.emoji
  const turn = (sign: string): void => {
    if (thread && message) react(chat.client, thread.id, message.seq, own === sign ? '' : sign).catch((why: Error) => chat.say(why.message || t('widget_more.unchanged')))
  }
  return (
    <span class="reacted">
      {[...signs].map(([sign, names]) => (
        <button key={sign} class={own === sign ? 'on' : ''} aria-pressed={own === sign} title={names.join(', ')} aria-label={`${sign} ${names.join(', ')}`} onClick={() => turn(sign)}>
          {sign}{names.length > 1 && ` ${names.length}`}
        </button>
      ))}
    </span>
  )
}
