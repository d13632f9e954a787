import { hoursPreview, type SchedulePreview, type ScheduleView } from '@kezhan/api'
import type { Saving } from '@kezhan/ui/saving.ts'
import { onScopeDispose, reactive, ref, watch, type ComputedRef, type Ref } from 'vue'
import { Fault, take } from '../../call'
import { useSaving } from '../../saving'
import { copyOf, office, weekFrom, type Week } from './week'

const PAUSE_MS = 300

interface Fields {
  name: string
  time_zone: string
  days: Week
  holiday_set_ids: string[]
}

interface ScheduleForm {
  fields: Fields
  dirty: ComputedRef<boolean>
  state: Ref<Saving>
  fault: Ref<string>
  faults: Ref<Record<string, string>>
  /** What these hours would mean; null until the server has said so. */
  preview: Ref<SchedulePreview | null>
  body: () => { name: string; time_zone: string; weekly: { days: Week }; holiday_set_ids: string[] }
  start: (from: ScheduleView | null, zone: string) => void
  send: (what: () => Promise<ScheduleView>) => Promise<ScheduleView | null>
}

/** `weekly.days[2]…` stays as it is, the rest is cut to the field's own name. */
const placeOf = (field: string): string => /^weekly\.days\[\d\]/.exec(field)?.[0] ?? field.replace(/[.[].*$/, '')

/** Where a refusal stands: at the name, the zone or a day. */
function beside(field: string): string | undefined {
  const place = placeOf(field)
  return place === 'name' || place === 'time_zone' || place.startsWith('weekly.days[') ? place : undefined
}

/** The hours being written: what is stored, what is not yet, what the server says to it before and after saving. */
export function useScheduleForm(): ScheduleForm {
  const fields = reactive<Fields>({ name: '', time_zone: '', days: weekFrom(() => []), holiday_set_ids: [] })
  const { dirty, state, fault, faults, settle, send: save } = useSaving(() => fields, beside)
  const preview = ref<SchedulePreview | null>(null)
  let asked = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function start(from: ScheduleView | null, zone: string): void {
    fields.name = from?.name ?? ''
    fields.time_zone = from?.time_zone ?? zone
    fields.days = weekFrom((day) => (from ? copyOf(from.weekly.days[day] ?? []) : day < 5 ? [{ ...office }] : []))
    fields.holiday_set_ids = [...(from?.holiday_set_ids ?? [])]
    settle()
    void look()
  }

  const body = (): ReturnType<ScheduleForm['body']> => ({
    name: fields.name.trim(),
    time_zone: fields.time_zone,
    weekly: { days: fields.days },
    holiday_set_ids: fields.holiday_set_ids,
  })

  async function look(): Promise<void> {
    const turn = (asked += 1)
    const { time_zone, weekly, holiday_set_ids } = body()
    try {
      const found = await take(hoursPreview({ body: { time_zone, weekly, holiday_set_ids } }))
      if (turn !== asked) return
      preview.value = found
      faults.value = {}
    } catch (thrown) {
      // What cannot be is said where it stands; that the network is away is said when saving.
      if (turn === asked && thrown instanceof Fault && thrown.field) faults.value = { [placeOf(thrown.field)]: thrown.title }
    }
  }

  /** What is asked about the hours meanwhile takes nothing back of what saving is answered with. */
  async function send(what: () => Promise<ScheduleView>): Promise<ScheduleView | null> {
    clearTimeout(timer)
    asked += 1
    const saved = await save(what)
    if (saved) void look()
    return saved
  }

  watch(fields, () => {
    clearTimeout(timer)
    timer = setTimeout(() => void look(), PAUSE_MS)
  })
  onScopeDispose(() => clearTimeout(timer))
  return { fields, dirty, state, fault, faults, preview, body, start, send }
}
