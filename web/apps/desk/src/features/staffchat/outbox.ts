import type { StaffMessage } from '@kezhan/api'
import { defineStore } from 'pinia'
import { ref, shallowRef, watch } from 'vue'
import { Fault, said } from '../../call'
import { upload } from '../files'
import { useSession } from '../workspaces'
import { sendMessage } from './api'
import type { Pending } from './room'

const AGAIN_MS = 3000

const keyOf = (memberId: string): string => `kz.staff.outbox.${memberId}`

function restored(text: string | null): Pending[] {
  try {
    const read: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(read) ? (read as Pending[]).filter((one) => one?.client_id && one.room_id) : []
  } catch {
    return []
  }
}

/** What the reader is saying to colleagues: kept over breaks and reloads until the server has it. */
export const useStaffOutbox = defineStore('staff outbox', () => {
  const session = useSession()
  const box = shallowRef<readonly Pending[]>([])
  const owner = ref('')
  const uploads = new Map<string, File>()
  const sending = new Set<string>()
  let again: ReturnType<typeof setTimeout> | undefined

  function set(next: readonly Pending[]): void {
    box.value = next
    const kept = next.filter(({ state }) => state !== 'uploading')
    if (owner.value) localStorage.setItem(keyOf(owner.value), JSON.stringify(kept))
  }

  const change = (id: string, values: Partial<Pending>): void => set(box.value.map((one) => (one.client_id === id ? { ...one, ...values } : one)))
  const discard = (id: string): void => set(box.value.filter(({ client_id }) => client_id !== id))
  const of = (room: string): Pending[] => box.value.filter(({ room_id }) => room_id === room)

  function say(room_id: string, what: Omit<Pending, 'client_id' | 'room_id' | 'at' | 'state'>, file?: File): void {
    const client_id = crypto.randomUUID()
    if (file) uploads.set(client_id, file)
    set([...box.value, { ...what, client_id, room_id, at: new Date().toISOString(), state: file ? 'uploading' : 'sending', file_name: file?.name }])
    flush()
  }

  /** In each room one after the other, so that what is said first comes first. */
  function flush(): void {
    for (const room of new Set(box.value.map(({ room_id }) => room_id))) if (!sending.has(room)) void work(room)
  }

  async function work(room: string): Promise<void> {
    sending.add(room)
    try {
      for (let next = due(room); next; next = due(room)) await post(next)
    } catch {
      // The server cannot be reached: the line tells when it is back, and this asks by itself meanwhile.
      clearTimeout(again)
      again = setTimeout(flush, AGAIN_MS)
    } finally {
      sending.delete(room)
    }
  }

  const acknowledged = new Set<string>()
  const due = (room: string): Pending | undefined => of(room).find(({ state, client_id }) => state !== 'failed' && !acknowledged.has(client_id))

  async function post({ client_id, room_id, body = '', file_id, quote_seq, conversation_id, mentions = [] }: Pending): Promise<void> {
    try {
      const file = uploads.get(client_id)
      const id = file ? (await upload(file, () => {}, new AbortController().signal)).id : file_id
      if (file) change(client_id, { file_id: id ?? null, state: 'sending' })
      uploads.delete(client_id)
      const { repeated } = await sendMessage(room_id, { client_id, body, mentions, file_id: id ?? null, quote_seq: quote_seq ?? null, conversation_id: conversation_id ?? null })
      // It stays until the stored one is here, which stands in its place; what had been stored is read with its page.
      if (repeated) discard(client_id)
      else acknowledged.add(client_id)
    } catch (thrown) {
      if (thrown instanceof Fault && (thrown.status === 0 || thrown.status >= 500)) throw thrown
      change(client_id, { state: 'failed', reason: said(thrown) })
    }
  }

  function retry(id: string): void {
    change(id, { state: uploads.has(id) ? 'uploading' : 'sending', reason: undefined })
    flush()
  }

  /** What is stored stands for what was on its way. */
  function onMessages(room: string, messages: readonly StaffMessage[]): void {
    const stored = new Set(messages.filter(({ author_id }) => author_id === owner.value).map(({ client_id }) => client_id))
    if (box.value.some((one) => one.room_id === room && stored.has(one.client_id))) set(box.value.filter(({ client_id }) => !stored.has(client_id)))
  }

  watch(
    () => session.me?.id ?? '',
    (id) => {
      owner.value = id
      box.value = id ? restored(localStorage.getItem(keyOf(id))) : []
      if (id) flush()
    },
    { immediate: true },
  )

  return { box, of, say, retry, discard, flush, onMessages }
})
