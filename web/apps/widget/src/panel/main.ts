import { KezhanClient, type Page, type Store } from '@kezhan/client'
import { bridge, type FromHost, hostStore, type Tell } from './bridge'
import { Chat } from './chat'
import { followSystemScheme } from './scheme'
import { languageOf } from './words'

const asked = new URLSearchParams(location.search)
const siteKey = asked.get('site') ?? location.pathname.split('/chat/')[1] ?? ''
const language = languageOf(asked.get('lang') ?? navigator.language)

function begin(store: Store | undefined, page: Page, tell: Tell | null): Chat {
  const chat = new Chat(new KezhanClient({ siteKey, language, ...(store && { store }) }), tell, asked.has('embed'), language)
  chat.client.start(page)
  return chat
}

function inside(origin: string): void {
  let chat: Chat | undefined
  const tell = bridge(origin, (message: FromHost) => {
    if (message.kezhan === 'hello') chat ??= begin(hostStore(message.kept, tell), message.page, tell)
    chat?.hear(message)
  })
  tell({ kezhan: 'ready' })
}

followSystemScheme()
const host = asked.get('host')
if (host && parent !== window) inside(host)
else begin(undefined, { url: location.href, referrer: document.referrer }, null).show(true, false)
