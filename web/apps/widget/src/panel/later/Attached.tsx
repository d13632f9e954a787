import { Fragment, h } from 'preact'
import type { Chat } from '../chat'
import type { Line } from '../thread/timeline'
import { t } from '../words'
import { Attachment } from './Attachment'
import { Card } from './Card'
import { kindOf, Media } from './Media'
import { Reactions } from './Reactions'
import { Survey } from './survey'

function Carried({ chat, line }: { chat: Chat; line: Line }) {
  const payload = line.message?.payload
  switch (payload?.is) {
    case 'survey':
      return <Survey chat={chat} id={payload.invite_id} />
    case 'card':
      return <Card chat={chat} line={line} payload={payload} />
    case 'unsupported':
      return <em>{t('widget_more.unsupported')}</em>
    case 'file':
      return kindOf(payload.media_type) ? <Media chat={chat} line={line} file={payload} /> : <Attachment chat={chat} line={line} />
    default:
      return line.pending ? <Attachment chat={chat} line={line} /> : null
  }
}

/** What a message carries besides its text: a file, a card, a survey to answer; how people react to it. */
export function Attached({ chat, line }: { chat: Chat; line: Line }) {
  return (
    <>
      <Carried chat={chat} line={line} />
      {line.message?.reactions && <Reactions chat={chat} line={line} />}
    </>
  )
}
