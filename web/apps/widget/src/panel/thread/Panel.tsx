import '@kezhan/ui/tokens.css'
import './panel.css'
import './thread.css'
import { h } from 'preact'
import type { Chat } from '../chat'
import { initial } from '../names'
import { t } from '../words'
import { Composer } from './Composer'
import { Icon } from './Icon'
import { Messages } from './Messages'
import { Notice } from './Notice'
import { parts } from './parts'
import { talk } from './talk'

interface Props {
  chat: Chat
}

/** Who answers, and whether anybody is there. */
function Header({ chat }: Props) {
  const { client } = chat
  const head = client.latest?.head
  const title = client.session?.site.title || t('widget.title')
  const name = (head?.state === 'assigned' && head.agent?.name) || title
  const logo = name === title && client.session?.site.logo
  const state = parts.place?.outlookOf(chat) || (client.agentsOnline ? t('widget_thread.online') : t('widget_thread.away'))
  return (
    <header class="head">
      <span class={client.agentsOnline && !parts.place?.shut(chat) ? 'face present' : 'face'} aria-hidden="true">{logo ? <img src={logo} alt="" /> : initial(name)}</span>
      <div class="who">
        <h1 class="title" title={name}>{name}</h1>
        {client.session && <p class="meta">{name !== title && client.agentsOnline ? `${title} · ${state}` : state}</p>}
      </div>
      {chat.closable && (
        <button class="quiet" aria-label={t('widget.close')} onClick={() => chat.close()}>
          <Icon path="M6 9l6 6 6-6" />
        </button>
      )}
    </header>
  )
}

function Banner({ chat }: Props) {
  const { state } = chat.client
  const lost = state === 'checking' ? t('widget_thread.checking') : state === 'refused' ? t('widget_thread.refused') : talk.broken && t('widget_thread.broken')
  return (
    <div role="status">
      {lost && <p class="banner">{lost}</p>}
      <Notice chat={chat} />
    </div>
  )
}

export function Panel({ chat }: Props) {
  return (
    <main class="panel">
      <Header chat={chat} />
      <Banner chat={chat} />
      <Messages chat={chat} />
      {parts.place && <parts.place.Place chat={chat} />}
      <Composer chat={chat} />
    </main>
  )
}
