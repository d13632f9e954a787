import '@kezhan/ui/tokens.css'
import './panel.css'
import { KezhanClient, type Page, type Store } from '@kezhan/client'
import { h, render } from 'preact'
import { bridge, type FromHost, hostStore, type Tell } from './bridge'
import { Chat } from './chat'
import { Panel } from './Panel'
import { followSystemScheme } from './scheme'
import { languageOf, speak } from './words'

const asked = new URLSearchParams(location.search)
const siteKey = asked.get('site') ?? location.pathname.split('/chat/')[1] ?? ''
const language = languageOf(asked.get('lang') ?? navigator.language)

async function begin(store: Store | undefined, page: Page, tell: Tell | null): Promise<Chat> {
  await speak(language)
  const chat = new Chat(new KezhanClient({ siteKey, language, ...(store && { store }) }), tell, asked.has('embed'))
  chat.onChange = () => render(<Panel chat={chat} />, document.body)
  chat.onChange()
  chat.client.start(page)
  return chat
}

function inside(origin: string): void {
  let chat: Promise<Chat> | undefined
  const tell = bridge(origin, (message: FromHost) => {
    if (message.kezhan === 'hello' && !chat) chat = begin(hostStore(message.kept, tell), message.page, tell)
    void chat?.then((chat) => (message.kezhan === 'hello' ? chat.show(message.open, message.full) : chat.hear(message)))
  })
  tell({ kezhan: 'ready' })
}

async function alone(): Promise<void> {
  const page = { url: location.href, referrer: document.referrer }
  const chat = await begin(undefined, page, null)
  chat.show(true, false)
}

followSystemScheme()
const host = asked.get('host')
if (host && parent !== window) inside(host)
else void alone()
