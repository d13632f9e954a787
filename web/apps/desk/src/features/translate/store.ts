import type { TranslationStanding } from '@kezhan/api'
import { defineStore } from 'pinia'
import { reactive, shallowRef } from 'vue'
import { useAgain } from '../../again'
import { Fault } from '../../call'
import { choose, end, readMessages, readStanding } from './api'
import type { Language } from './languages'

export interface Shown {
  /** The words; empty while they are awaited, where something went wrong, and where nothing is to be translated. */
  text: string
  state: 'asked' | 'ready' | 'failed'
  /** A code of the server's words. */
  fault: string
}

const GATHER_MS = 40
const AT_ONCE = 20

/** Who reads which conversation translated, and what was translated so far. */
export const useTranslations = defineStore('translations', () => {
  const standings = reactive(new Map<string, TranslationStanding>())
  const texts = reactive(new Map<string, Shown>())
  const unread = shallowRef<{ id: string; fault: unknown } | null>(null)
  const wanted = new Map<string, Map<number, string>>()

  const key = (id: string, seq: number, rev: number): string => `${id}:${standings.get(id)?.language}:${seq}:${rev}`

  /** How it stands is read once a conversation; until there is an answer there is no translation. */
  async function open(id: string): Promise<void> {
    if (standings.has(id)) return
    try {
      standings.set(id, await readStanding(id))
      unread.value = null
    } catch (fault) {
      unread.value = { id, fault }
    }
  }
  useAgain(() => unread.value?.fault, () => unread.value && open(unread.value.id))

  async function turn(id: string, on: boolean, languages: { language?: Language; customer_language?: Language } = {}): Promise<void> {
    const before = standings.get(id)
    if (!before) return
    const now = { ...before, ...languages, on }
    standings.set(id, now)
    try {
      await (on ? choose(id, { language: now.language, customer_language: now.customer_language }) : end(id))
    } catch (fault) {
      standings.set(id, before)
      throw fault
    }
  }

  /** What a message says, asked for with the others that come into sight at the same time. */
  function of(id: string, seq: number, rev: number): Shown {
    const name = key(id, seq, rev)
    const found = texts.get(name)
    if (found) return found
    const asked: Shown = { text: '', state: 'asked', fault: '' }
    texts.set(name, asked)
    const gathered = wanted.get(id)
    if (gathered) gathered.set(seq, name)
    else {
      wanted.set(id, new Map([[seq, name]]))
      setTimeout(() => void ask(id), GATHER_MS)
    }
    return asked
  }

  async function ask(id: string): Promise<void> {
    const names = [...(wanted.get(id) ?? [])]
    wanted.delete(id)
    for (let from = 0; from < names.length; from += AT_ONCE) await askSome(id, new Map(names.slice(from, from + AT_ONCE)))
  }

  async function askSome(id: string, names: Map<number, string>): Promise<void> {
    try {
      const found = new Map((await readMessages(id, [...names.keys()])).map((one) => [one.seq, one]))
      for (const [seq, name] of names) {
        const { text = '', fault = '' } = found.get(seq) ?? {}
        texts.set(name, { text, fault, state: fault ? 'failed' : 'ready' })
      }
    } catch (fault) {
      const code = fault instanceof Fault ? fault.code : 'translate.unreachable'
      for (const name of names.values()) texts.set(name, { text: '', fault: code, state: 'failed' })
    }
  }

  /** Asks again for what has failed. */
  function retry(id: string, seq: number, rev: number): void {
    texts.delete(key(id, seq, rev))
    of(id, seq, rev)
  }

  return { standings, texts, open, turn, of, retry }
})
