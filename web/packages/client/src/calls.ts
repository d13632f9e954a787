import { type KezhanClient, Refused } from './client.ts'
import type { Thread } from './thread.ts'
import type { Callback, Card, Consent, Consents, FileLinked, Head, Invite, LinkCards, Message, Offer, Outlook, Place, Survey, SurveyAnswer } from './types.ts'

/** Takes an own message back; within ten minutes of sending. */
export function recall(client: KezhanClient, conversation_id: string, seq: number): Promise<void> {
  return client.call({ type: 'recall', conversation_id, seq })
}

/** Gives an own text another wording; within ten minutes of sending. */
export function edit(client: KezhanClient, conversation_id: string, seq: number, body: string): Promise<void> {
  return client.call({ type: 'edit', conversation_id, seq, body })
}

/** One's own reaction to a message is this emoji from now on; none where it is empty. */
export function react(client: KezhanClient, conversation_id: string, seq: number, emoji: string): Promise<void> {
  return client.call({ type: 'react', conversation_id, seq, emoji })
}

/** Presses a button below a message. Of one message one is pressed once, however often it is called. */
export function tap(client: KezhanClient, conversation_id: string, seq: number, button: number): Promise<void> {
  return client.request('POST', '/messages', { type: 'send', client_id: `tap.${conversation_id}.${seq}`, tap: { conversation_id, seq, button } })
}

/** Sends a card, with a text above it or none. The same `client_id` again sends nothing twice. */
export function sendCard(client: KezhanClient, client_id: string, card: Card, body = ''): Promise<void> {
  return client.request('POST', '/messages', { type: 'send', client_id, body, card })
}

/** The file in a message, with addresses good for ten minutes. */
export function fileAddress(client: KezhanClient, conversation_id: string, seq: number): Promise<FileLinked> {
  return client.request('GET', `/conversations/${conversation_id}/messages/${seq}/file`)
}

/** The customer's conversations, newest first. */
export function conversations(client: KezhanClient): Promise<Head[]> {
  return client.request('GET', '/conversations')
}

/** Which rules may invite her on this page, and the invitation that is open. */
export function offer(client: KezhanClient): Promise<Offer> {
  return client.request('GET', '/invites')
}

/** A rule of the offer is met. Null where the house does not invite her after all. */
export async function met(client: KezhanClient, rule_id: string): Promise<Invite | null> {
  const made = await client.request<Partial<Invite>>('POST', '/invites', { rule_id })
  return made.id ? (made as Invite) : null
}

/** Answers an invitation; unanswered for two minutes it is over. */
export function answer(client: KezhanClient, invite: Invite, said: 'accepted' | 'declined'): Promise<void> {
  return client.request('PUT', `/invites/${invite.id}/answer`, { answer: said })
}

/** How she stands in the queue; null where she does not wait. */
export async function place(client: KezhanClient): Promise<Place | null> {
  const found = await client.request<Partial<Place>>('GET', '/place')
  return found.state ? (found as Place) : null
}

/** She waits no longer; what she has written stays as a message. */
export function leaveQueue(client: KezhanClient): Promise<void> {
  return client.request('DELETE', '/place')
}

/** She waits again in the place she had. */
export function waitAgain(client: KezhanClient): Promise<void> {
  return client.request('PUT', '/place')
}

/** Has her called or written to instead of waiting. */
export function callBack(client: KezhanClient, where: Callback): Promise<void> {
  return client.request('POST', '/callback', where)
}

/** The survey that a message of the house asks her to answer, with her answer as far as there is one. */
export function survey(client: KezhanClient, invite_id: string): Promise<Survey> {
  return client.request('GET', `/surveys/${invite_id}`)
}

/** What stands behind the links in a message of her own conversation. */
export function linkCards(client: KezhanClient, conversationId: string, seq: number): Promise<LinkCards> {
  return client.request('GET', `/conversations/${conversationId}/link-cards?seq=${seq}`)
}

/** All she has answered up to now; it takes the place of what she has answered before. */
export function answerSurvey(client: KezhanClient, invite_id: string, answer: SurveyAnswer): Promise<Survey> {
  return client.request('PUT', `/surveys/${invite_id}/answer`, answer)
}

/** What she is asked to consent to. */
export function consents(client: KezhanClient): Promise<Consents> {
  return client.request('GET', '/consents')
}

/** She consents to what she has read; 409 where it is worded otherwise by now. */
export function consent(client: KezhanClient, read: Consent[]): Promise<Consents> {
  return client.request('PUT', '/consents', { items: read.map(({ text_id, version, language }) => ({ text_id, version, language })) })
}

/** She consents to it no more. */
export function withdrawConsent(client: KezhanClient, text_id: string): Promise<Consents> {
  return client.request('DELETE', `/consents/${text_id}`)
}

/** What somebody who comes to this site now may expect. */
export function outlook(client: KezhanClient): Promise<Outlook> {
  return client.request('GET', `/outlook?site_key=${encodeURIComponent(client.session?.site.key ?? '')}`)
}

/** Reads the page before the first message held into the thread. */
export async function older(client: KezhanClient, thread: Thread): Promise<void> {
  let before: string | number | null = thread.messages[0]?.seq ?? null
  let items: Message[] = []
  // A page may hold nothing a customer may see.
  while (before && !items.length) {
    const path = `/conversations/${thread.id}/messages?before=${before}`
    const page: { items: Message[]; next: string | null } = await client.request('GET', path)
    items = page.items
    before = page.next
  }
  thread.prepend(items, before !== null)
}

/**
 * Uploads a file; hand its `id` to `say({ kind: 'file', file_id })`. `onProgress` hears of parts from 0 to 1.
 * Aborting `signal` stops it: Refused with `client.aborted`.
 */
export function upload(
  client: KezhanClient,
  file: Blob,
  name: string,
  onProgress: (part: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<FileLinked> {
  const form = new FormData()
  form.append('file', file, name)
  const url = `${client.server}/w/v1/files`
  if (signal?.aborted) return Promise.reject(aborted())
  return typeof XMLHttpRequest === 'undefined' ? byFetch(client, url, form, signal) : byRequest(client, url, form, onProgress, signal)
}

const aborted = (): Refused => new Refused('client.aborted', '')

function settle(status: number, text: string): FileLinked {
  const read = (() => {
    try {
      return JSON.parse(text)
    } catch {
      return {}
    }
  })()
  if (status >= 200 && status < 300) return read as FileLinked
  throw new Refused(read.code ?? '', read.title ?? '', status)
}

async function byFetch(client: KezhanClient, url: string, form: FormData, signal?: AbortSignal): Promise<FileLinked> {
  try {
    const answer = await fetch(url, { method: 'POST', headers: client.authorization, body: form, ...(signal && { signal }) })
    return settle(answer.status, await answer.text())
  } catch (why) {
    throw signal?.aborted ? aborted() : why
  }
}

function byRequest(
  client: KezhanClient,
  url: string,
  form: FormData,
  onProgress: (part: number) => void,
  signal?: AbortSignal,
): Promise<FileLinked> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', url)
    for (const [name, value] of Object.entries(client.authorization)) request.setRequestHeader(name, value)
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0)
    request.onerror = () => reject(new Refused('client.offline', ''))
    request.onload = () => {
      try {
        resolve(settle(request.status, request.responseText))
      } catch (why) {
        reject(why as Error)
      }
    }
    signal?.addEventListener('abort', () => {
      request.abort()
      reject(aborted())
    })
    request.send(form)
  })
}
