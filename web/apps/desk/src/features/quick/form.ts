import { quickCreate, quickEdit, quickPreview, type FileOut, type QuickReplyView } from '@kezhan/api'
import type { Saving } from '@kezhan/ui/saving.ts'
import { onScopeDispose, reactive, ref, watch, type ComputedRef, type Ref } from 'vue'
import { Fault, take } from '../../call'
import { useSaving } from '../../saving'
import { blank, contentOf, draftOf, type Draft } from '../cards'
import type { Place } from './api'

const PAUSE_MS = 300
const FIELDS = ['category', 'title', 'code', 'body'] as const

interface Fields {
  category: string
  title: string
  code: string
  body: string
  files: FileOut[]
  card: Draft
}

interface ReplyForm {
  fields: Fields
  dirty: ComputedRef<boolean>
  state: Ref<Saving>
  fault: Ref<string>
  faults: Ref<Record<string, string>>
  /** The text with examples in it, as far as the server has said so. */
  preview: Ref<string>
  start: (from: QuickReplyView | null, category?: string) => void
  /** The reply as it is stored now; null where it is not. */
  save: (place: Place, known: QuickReplyView | null) => Promise<QuickReplyView | null>
}

/** A quick reply being written: what is stored, what is not yet, what the server says to it. */
export function useReplyForm(): ReplyForm {
  const fields = reactive<Fields>({ category: '', title: '', code: '', body: '', files: [], card: blank() })
  const { dirty, state, fault, faults, settle, send } = useSaving(() => fields, (field) => FIELDS.find((one) => one === field))
  const preview = ref('')
  let asked = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function start(from: QuickReplyView | null, category = ''): void {
    const { title = '', code = '', body = '', files = [] } = from ?? {}
    Object.assign(fields, { category: from?.category ?? category, title, code, body, files: [...files], card: draftOf(from?.card) })
    settle()
    void look()
  }

  async function look(): Promise<void> {
    const turn = (asked += 1)
    try {
      const { text } = await take(quickPreview({ body: { body: fields.body } }))
      if (turn !== asked) return
      preview.value = text
      faults.value = {}
    } catch (thrown) {
      // An unknown variable is said where it stands; that the network is away is said when saving.
      if (turn === asked && thrown instanceof Fault && thrown.field === 'body') faults.value = { body: thrown.title }
    }
  }

  watch(() => fields.body, () => {
    clearTimeout(timer)
    timer = setTimeout(() => void look(), PAUSE_MS)
  })
  onScopeDispose(() => clearTimeout(timer))

  async function save(place: Place, known: QuickReplyView | null): Promise<QuickReplyView | null> {
    const { category, title, code, body, files } = fields
    const card = fields.card.kind === 'none' && !fields.card.buttons.length ? null : contentOf(fields.card)
    const words = { category, title, code, body, file_ids: files.map(({ id }) => id), card }
    const saved = await send(() =>
      known ? take(quickEdit({ path: { reply_id: known.id }, body: { ...words, version: known.version } })) : take(quickCreate({ body: { ...words, ...place } })),
    )
    if (saved && !dirty.value) start(saved)
    return saved
  }
  return { fields, dirty, state, fault, faults, preview, start, save }
}
