import type { Invite, KezhanClient, Offer } from '@kezhan/client'
import type { Chat } from '../chat'

/** Carries out what the host page asks for by `kezhan('identify' | 'attributes' | 'track' | 'product' | 'order', value)`. */
export function carryOut(chat: Chat, name: string, value: unknown): void {
  const { client } = chat
  if (name === 'identify') client.identify(String(value))
  else if (name === 'attributes') whenOnline(client, () => void client.request('PUT', '/attributes', { values: value }).catch(() => {}))
  else if (name === 'product' || name === 'order') void import('./offered').then((part) => part.offer(chat, name, value))
  else if (name === 'track') whenOnline(client, () => track(client, String(value)))
}

/** Something that happened on a page stands in the trail as a place on it. */
function track(client: KezhanClient, what: string): void {
  const page = client.page.url.split('#')[0]
  client.tell({ type: 'page', url: `${page}#${encodeURIComponent(what)}`, title: what })
}

function whenOnline(client: KezhanClient, act: () => void): void {
  if (client.state === 'online') return act()
  const off = client.on('state', (state) => {
    if (state !== 'online') return
    off()
    act()
  })
}

/** Somebody would like to help, or may want to. */
export async function invited(chat: Chat, what: Invite | Offer): Promise<void> {
  const part = await import('./invites')
  part.begin(chat, what)
}
