import type { QuickOffer } from '@kezhan/api'
import { useToast } from '@nuxt/ui/composables'
import { useDebounceFn } from '@vueuse/core'
import { computed, nextTick, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { said } from '../../call'
import { searchFor, takeReply } from './api'
import type { Content } from '../cards'
import { put, slashAt, type Slash } from './slash'

const PAUSE_MS = 80

interface Field {
  id: string
  text: Ref<string>
  area: () => HTMLTextAreaElement | null | undefined
  /** Whether a reply may be written just now. */
  ready: () => boolean
  files: (files: File[]) => void
  /** A card stands below the text: both are sent from a place of their own. */
  card: (words: string, card: Content, picture: string) => void
}

interface Composing {
  /** Whether what is typed is a search. */
  open: ComputedRef<boolean>
  query: ComputedRef<string>
  offers: ShallowRef<QuickOffer[]>
  active: Ref<number>
  state: Ref<'asking' | 'found' | 'failed'>
  /** The caret has moved. */
  look: () => void
  /** Whether the key was for the list. */
  key: (event: KeyboardEvent) => boolean
  /** A slash where it will be seen as one. */
  begin: () => void
  /** Into the text in place of what was searched for, or at the caret. */
  choose: (offer: QuickOffer) => Promise<void>
}

/** Quick replies called up in a text field by a slash that begins a line. */
export function useComposing(field: Field): Composing {
  const { t } = useI18n()
  const toast = useToast()
  const slash = shallowRef<Slash | null>(null)
  const refused = ref<number | null>(null)
  const offers = shallowRef<QuickOffer[]>([])
  const active = ref(0)
  const state = ref<'asking' | 'found' | 'failed'>('asking')
  const open = computed(() => slash.value !== null && slash.value.from !== refused.value)
  let turn = 0

  function look(): void {
    const area = field.area()
    const alone = area && area.selectionStart === area.selectionEnd
    slash.value = alone && field.ready() ? slashAt(area.value, area.selectionStart) : null
    if (!slash.value) refused.value = null
  }
  watch(field.text, () => void nextTick(look))

  async function ask(): Promise<void> {
    const query = slash.value?.query
    if (!open.value || query === undefined) return
    const mine = (turn += 1)
    try {
      const found = await searchFor(field.id, query)
      if (mine !== turn) return
      offers.value = found
      active.value = 0
      state.value = 'found'
    } catch {
      if (mine === turn) state.value = 'failed'
    }
  }
  const askSoon = useDebounceFn(ask, PAUSE_MS)
  watch([open, () => slash.value?.query], ([now], before) => {
    if (!now) return
    if (!before[0]) {
      offers.value = []
      state.value = 'asking'
    }
    void askSoon()
  })

  function key(event: KeyboardEvent): boolean {
    if (!open.value || event.isComposing || event.keyCode === 229) return false
    const last = offers.value.length - 1
    const current = offers.value[active.value]
    if (event.key === 'Escape') refused.value = slash.value?.from ?? null
    else if (last < 0) return false
    else if (event.key === 'ArrowDown') active.value = active.value === last ? 0 : active.value + 1
    else if (event.key === 'ArrowUp') active.value = active.value === 0 ? last : active.value - 1
    else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey && current) void choose(current)
    else return false
    event.preventDefault()
    event.stopPropagation()
    return true
  }

  function write(from: number, to: number, words: string): void {
    const { text, caret } = put(field.text.value, from, to, words)
    field.text.value = text
    void nextTick(() => {
      field.area()?.focus()
      field.area()?.setSelectionRange(caret, caret)
      look()
    })
  }

  function begin(): void {
    const text = field.text.value
    write(text.length, text.length, text && !text.endsWith('\n') ? '\n/' : '/')
  }

  async function choose(offer: QuickOffer): Promise<void> {
    const held = slash.value
    refused.value = held?.from ?? null
    try {
      const taken = await takeReply(field.id, offer.id)
      const caret = field.area()?.selectionStart ?? field.text.value.length
      write(held?.from ?? caret, held?.to ?? caret, taken.card ? '' : taken.text)
      if (taken.card) field.card(taken.text, taken.card, taken.picture)
      if (taken.files.length) field.files(taken.files)
      // messages: quick.variable.*
      const names = taken.missing.map((name) => t(`quick.variable.${name.replace('.', '_')}`)).join(t('desk_quick.comma'))
      if (names) toast.add({ title: t('desk_quick.missing', { names }), color: 'warning', icon: 'i-lucide-circle-alert' })
    } catch (fault) {
      toast.add({ title: said(fault), color: 'error', icon: 'i-lucide-circle-alert' })
    }
  }

  return { open, query: computed(() => slash.value?.query ?? ''), offers, active, state, look, key, begin, choose }
}
