import type { TypingSeen, Viewers } from '@kezhan/api'
import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import { useSession } from '../workspaces'

const TYPING_MS = 6000

/** A colleague who writes into a conversation just now. */
export interface Writer {
  id: string
  name: string
  note: boolean
}

/** Who else is in the open conversations, and what they are doing there. */
export const useCompany = defineStore('conversation company', () => {
  const session = useSession()
  const viewers = shallowReactive(new Map<string, readonly string[]>())
  const writers = shallowReactive(new Map<string, readonly Writer[]>())
  const timers = new Map<string, ReturnType<typeof setTimeout>>()

  const viewersOf = (id: string): string[] => (viewers.get(id) ?? []).filter((one) => one !== session.me?.id)
  const writersOf = (id: string): readonly Writer[] => writers.get(id) ?? []

  const onViewers = ({ conversation_id, members }: Viewers): void => {
    viewers.set(conversation_id, members)
  }

  function drop(conversation: string, id: string): void {
    writers.set(conversation, writersOf(conversation).filter((one) => one.id !== id))
  }

  /** Her own words in another window are no news to her. */
  function onTyping({ conversation_id, author, active, note = false }: TypingSeen): void {
    const id = author.id ?? ''
    if (author.kind !== 'agent' || id === session.me?.id) return
    const key = `${conversation_id}:${id}`
    clearTimeout(timers.get(key))
    drop(conversation_id, id)
    if (active === false) return
    writers.set(conversation_id, [...writersOf(conversation_id), { id, name: author.name ?? '', note }])
    timers.set(key, setTimeout(() => drop(conversation_id, id), TYPING_MS))
  }

  function forget(): void {
    timers.forEach((timer) => clearTimeout(timer))
    timers.clear()
    viewers.clear()
    writers.clear()
  }

  return { viewersOf, writersOf, onViewers, onTyping, drop, forget }
})
