import { h } from 'preact'
import type { Chat } from './chat'
import { Composer } from './Composer'
import { Greeting } from './Greeting'
import { Icon } from './Icon'
import { initial } from './names'
import { t } from './words'

interface Props {
  chat: Chat
}

/** Who answers, and whether anybody is there. */
function Header({ chat }: Props) {
  const { client, tell, embedded } = chat
  const head = client.latest?.head
  const title = client.session?.site.title || t('widget.title')
  const name = (head?.state === 'assigned' && head.agent?.name) || title
  const state = !client.agentsOnline ? t('widget.away') : head?.state === 'queued' ? t('widget.queued') : t('widget.online')
  return (
    <header class="head">
      <span class={client.agentsOnline ? 'face present' : 'face'} aria-hidden="true">{initial(name)}</span>
      <div class="who">
        <h1 class="title" title={name}>{name}</h1>
        {client.session && <p class="meta">{name !== title && client.agentsOnline ? `${title} · ${state}` : state}</p>}
      </div>
      {tell && !embedded && (
        <button type="button" class="quiet" aria-label={t('widget.close')} onClick={() => chat.close()}>
          <Icon path="M6 9l6 6 6-6" />
        </button>
      )}
    </header>
  )
}

function Banner({ chat }: Props) {
  const lost = chat.client.state === 'refused' ? t('widget.refused') : chat.broken && t('widget.broken')
  return (
    <div role="status">
      {lost && <p class="banner">{lost}</p>}
      {chat.view && <chat.view.Notice chat={chat} />}
    </div>
  )
}

export function Panel({ chat }: Props) {
  const { view } = chat
  return (
    <main class="panel">
      <Header chat={chat} />
      <Banner chat={chat} />
      {view ? <view.Messages chat={chat} /> : <div class="list"><Greeting chat={chat} /></div>}
      <Composer chat={chat} />
    </main>
  )
}
