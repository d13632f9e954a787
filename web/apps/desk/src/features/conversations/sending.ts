import type { Ack, Done, Message, Refusal, WorkspaceFrame } from '@kezhan/api'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { Fault, said } from '../../call'
import { i18n } from '../../i18n'
import { pictureSize, upload } from '../files'
import { line } from '../realtime'
import { useSession } from '../workspaces'
import {
  acknowledged,
  arrived,
  change,
  frameOf,
  kept,
  refused,
  restored,
  unacknowledged,
  without,
  type More,
  type Outbox,
  type Pending,
} from './outbox'

const keyOf = (memberId: string): string => `kz.outbox.${memberId}`
const ANSWER_MS = 10_000

interface Asked {
  resolve: () => void
  reject: (fault: Fault) => void
}

/** What this agent is sending: kept over breaks and reloads until the server has it. */
export const useOutbox = defineStore('conversation outbox', () => {
  const session = useSession()
  const box = shallowRef<Outbox>([])
  const ownerId = ref('')
  const asked = new Map<string, Asked>()
  const uploads = new Map<string, { file: File; control: AbortController }>()
  let watchedId: () => string | null = () => null

  watch(
    () => session.me?.id ?? '',
    (id) => {
      ownerId.value = id
      box.value = id ? restored(localStorage.getItem(keyOf(id))) : []
    },
    { immediate: true },
  )

  function set(next: Outbox): void {
    if (next === box.value) return
    box.value = next
    if (ownerId.value) localStorage.setItem(keyOf(ownerId.value), JSON.stringify(kept(next)))
  }

  const of = (conversationId: string): Pending[] => box.value.filter((one) => one.conversation_id === conversationId)

  function post(pending: Pending): void {
    set([...box.value, pending])
    line.send(frameOf(pending))
  }

  const blank = (conversation_id: string, quote_seq?: number): Omit<Pending, 'kind' | 'body'> => ({
    client_id: crypto.randomUUID(),
    conversation_id,
    at: new Date().toISOString(),
    state: 'sending',
    quote_seq,
  })

  const saysMore = (more?: More): { more?: More } => (more && Object.keys(more).length ? { more } : {})

  function say(conversationId: string, kind: 'text' | 'note', body: string, quoteSeq?: number, more?: More): void {
    post({ ...blank(conversationId, quoteSeq), kind, body, ...saysMore(more) })
  }

  async function sendFile(conversationId: string, file: File, more?: More): Promise<void> {
    const picture = file.type.startsWith('image/')
    const preview = picture ? URL.createObjectURL(file) : undefined
    const size = preview ? await pictureSize(preview) : null
    const pending: Pending = {
      ...blank(conversationId),
      kind: size ? 'image' : 'file',
      body: '',
      state: 'uploading',
      progress: 0,
      file: { name: file.name, media_type: file.type, size: file.size, ...size, preview },
      ...saysMore(more),
    }
    set([...box.value, pending])
    uploads.set(pending.client_id, { file, control: new AbortController() })
    await bring(pending.client_id)
  }

  async function bring(clientId: string): Promise<void> {
    const under = uploads.get(clientId)
    if (!under) return
    try {
      const stored = await upload(under.file, (progress) => set(change(box.value, clientId, { progress })), under.control.signal)
      uploads.delete(clientId)
      const kind = stored.thumbnail ? 'image' : 'file'
      set(change(box.value, clientId, { state: 'sending', file_id: stored.id, kind, progress: 1 }))
      const ready = box.value.find((one) => one.client_id === clientId)
      if (ready) line.send(frameOf(ready))
    } catch (fault) {
      set(change(box.value, clientId, { state: 'failed', reason: said(fault) }))
    }
  }

  /** `anyway`: its writer has been asked about its words, and means them. */
  function retry(clientId: string, anyway?: boolean): void {
    const uploading = uploads.has(clientId)
    set(change(box.value, clientId, { state: uploading ? 'uploading' : 'sending', reason: undefined, code: undefined, anyway }))
    const pending = box.value.find((one) => one.client_id === clientId)
    if (uploading) void bring(clientId)
    else if (pending) line.send(frameOf(pending))
  }

  function discard(clientId: string): void {
    uploads.get(clientId)?.control.abort()
    uploads.delete(clientId)
    set(without(box.value, clientId))
  }

  /** A frame that is answered by `done` or `refused`; throws Fault. */
  function ask(frame: WorkspaceFrame & { ref: string }): Promise<void> {
    return new Promise((resolve, reject) => {
      const offline = (): void => reject(new Fault('desk.unreachable', i18n.global.t('desk.fault.unreachable'), 0))
      if (!line.send(frame)) return offline()
      const late = setTimeout(() => {
        asked.delete(frame.ref)
        offline()
      }, ANSWER_MS)
      const settle = <A extends unknown[]>(then: (...args: A) => void) => (...args: A): void => {
        clearTimeout(late)
        asked.delete(frame.ref)
        then(...args)
      }
      asked.set(frame.ref, { resolve: settle(resolve), reject: settle(reject) })
    })
  }

  return {
    box,
    waiting: computed(() => box.value.filter((one) => one.state !== 'failed').length),
    of,
    say,
    sendFile,
    retry,
    discard,
    edit: (conversation_id: string, seq: number, body: string) =>
      ask({ type: 'edit', ref: crypto.randomUUID(), conversation_id, seq, body }),
    react: (conversation_id: string, seq: number, emoji: string) => ask({ type: 'react', ref: crypto.randomUUID(), conversation_id, seq, emoji }),
    recall: (conversation_id: string, seq: number) =>
      ask({ type: 'recall', ref: crypto.randomUUID(), conversation_id, seq }),
    onAck: (ack: Ack) => set(acknowledged(box.value, ack, watchedId() === ack.conversation_id)),
    onDone: ({ ref: name }: Done) => asked.get(name)?.resolve(),
    onRefused: (refusal: Refusal) => {
      const question = asked.get(refusal.ref ?? '')
      if (question) question.reject(new Fault(refusal.code, refusal.title, 409))
      else set(refused(box.value, refusal))
    },
    onMessages: (messages: readonly Message[]) => set(arrived(box.value, messages)),
    resend: () => unacknowledged(box.value).forEach((frame) => line.send(frame)),
    follow: (watching: () => string | null) => {
      watchedId = watching
    },
  }
})
