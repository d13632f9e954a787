import { conversationsHistory, type History, type Stretch } from '@kezhan/api'
import { computed, shallowRef, toValue, type ComputedRef, type MaybeRefOrGetter, type Ref } from 'vue'
import { take } from '../../call'

/** A message of one of a customer's conversations. */
export interface Place {
  id: string
  seq: number
}

export interface Past {
  /** The oldest first, each conversation once, without holes between them. */
  stretches: Ref<readonly Stretch[]>
  /** Those that were merged into the one at the start, though they began later. */
  merged: Ref<readonly Stretch[]>
  hasOlder: Ref<boolean>
  hasNewer: Ref<boolean>
  /** There is something, and nothing of it may be seen. */
  hidden: Ref<boolean>
  loading: Ref<boolean>
  fault: Ref<unknown>
  /** Whether the first page is here. */
  begun: Ref<boolean>
  /** Names what stands first; undefined while nothing does. */
  firstKey: ComputedRef<string | undefined>
  older: (many?: number) => Promise<void>
  newer: () => Promise<void>
  /** Whether this message is here. */
  holds: (place: Place) => boolean
  /** Reads these, merged into the one at the start. */
  gather: (ids: readonly string[]) => Promise<void>
  /** Begins anew around a message, or (null) at the end. */
  restart: (place: Place | null) => Promise<void>
}

const PAGE = 50
const LARGEST = 100
const MOST_PAGES = 20
const AROUND = 20
// Behind every message of a conversation.
const NEVER = 2 ** 31 - 1

/** Two neighbouring parts as one: a conversation that goes on in the second is one stretch. */
export function joined(upper: readonly Stretch[], lower: readonly Stretch[]): readonly Stretch[] {
  const last = upper.at(-1)
  const next = lower[0]
  if (!last || !next || last.conversation.id !== next.conversation.id) return [...upper, ...lower]
  const known = new Set(last.messages.map(({ seq }) => seq))
  const messages = [...last.messages, ...next.messages.filter(({ seq }) => !known.has(seq))]
  const one: Stretch = { ...next, messages, hidden_before: last.hidden_before ?? false }
  return [...upper.slice(0, -1), one, ...lower.slice(1)]
}

const among = (stretches: readonly Stretch[], { id, seq }: Place): boolean =>
  stretches.some(({ conversation, messages }) => conversation.id === id && messages.some((message) => message.seq === seq))

/** What was said with a customer before `start` (null: all of it), read as far as somebody looks. */
export function usePast(contact: MaybeRefOrGetter<string>, start: Place | null = null): Past {
  const stretches = shallowRef<readonly Stretch[]>([])
  const merged = shallowRef<readonly Stretch[]>([])
  const hasOlder = shallowRef(true)
  const hasNewer = shallowRef(false)
  const hidden = shallowRef(false)
  const loading = shallowRef(false)
  const fault = shallowRef<unknown>(null)
  const begun = shallowRef(false)
  let from = start
  let turn = 0

  async function read(place: Place | null, way: 'before' | 'after', limit: number, put: (page: History) => void): Promise<void> {
    const mine = turn
    loading.value = true
    fault.value = null
    try {
      const query = place ? { conversation_id: place.id, [way]: place.seq, limit } : { limit }
      const page = await take(conversationsHistory({ path: { contact_id: toValue(contact) }, query }))
      if (mine === turn) put(page)
    } catch (thrown) {
      if (mine === turn) fault.value = thrown
    } finally {
      if (mine === turn) loading.value = false
    }
  }

  function edge(at: 0 | -1): Place | null {
    const stretch = stretches.value.at(at)
    const message = stretch?.messages.at(at)
    return stretch && message ? { id: stretch.conversation.id, seq: message.seq } : null
  }

  async function older(many = PAGE): Promise<void> {
    if (loading.value || !hasOlder.value) return
    await read(edge(0) ?? from, 'before', many, (page) => {
      stretches.value = joined(page.items, stretches.value)
      hasOlder.value = page.more
      hidden.value = page.hidden ?? false
      begun.value = true
    })
  }

  async function newer(): Promise<void> {
    const place = edge(-1)
    if (loading.value || !hasNewer.value || !place) return
    await read(place, 'after', PAGE, (page) => {
      stretches.value = joined(stretches.value, page.items)
      hasNewer.value = page.more
    })
  }

  async function gather(ids: readonly string[]): Promise<void> {
    let place = start && { id: start.id, seq: NEVER }
    let found: readonly Stretch[] = []
    for (let page = 0; page < MOST_PAGES && place; page += 1) {
      let next: Place | null = null
      const at: Place = place
      const query = { conversation_id: at.id, after: at.seq, limit: LARGEST }
      const { items, more } = await take(conversationsHistory({ path: { contact_id: toValue(contact) }, query }))
      found = joined(found, items.filter(({ conversation }) => ids.includes(conversation.id)))
      const last = items.at(-1)
      if (more && last) next = { id: last.conversation.id, seq: last.messages.at(-1)?.seq ?? NEVER }
      place = next
    }
    merged.value = found
  }

  async function restart(place: Place | null): Promise<void> {
    turn += 1
    from = place ? { id: place.id, seq: place.seq + AROUND } : start
    stretches.value = []
    hasOlder.value = true
    hasNewer.value = place !== null
    loading.value = begun.value = false
    await older()
  }

  const firstKey = computed(() => {
    const place = edge(0)
    return place ? `${place.id} ${place.seq}` : undefined
  })
  return { stretches, merged, hasOlder, hasNewer, hidden, loading, fault, begun, firstKey, older, newer, holds: (place) => among(stretches.value, place), gather, restart }
}
