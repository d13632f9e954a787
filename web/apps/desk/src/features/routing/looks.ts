import type { SeatView } from '@kezhan/api'
import { useI18n } from 'vue-i18n'

/** How a seat's state looks: a shape of its own, so that colour is never all that tells it. */
export interface Look {
  icon: string
  tone: string
  word: string
}

type State = Pick<SeatView, 'state' | 'reason_id' | 'reason'> & Partial<Pick<SeatView, 'connected'>>

const icons = { online: 'i-lucide-circle-check', busy: 'i-lucide-circle-minus', away: 'i-lucide-moon', offline: 'i-lucide-circle-dashed' }
const tones = { online: 'text-green', busy: 'text-red', away: 'text-amber', offline: 'text-ink-faint' }
export const BREAK_ICON = 'i-lucide-coffee'

export function useLooks(): (seat: State) => Look {
  const { t } = useI18n()
  return ({ state, reason_id, reason, connected }) => {
    // Her line is gone, and she may yet be back.
    if (state !== 'offline' && connected === false) return { icon: 'i-lucide-wifi-off', tone: 'text-ink-faint', word: t('desk_seat.state.lost') }
    // messages: desk_seat.state.*
    return { icon: reason_id ? BREAK_ICON : icons[state], tone: tones[state], word: reason || t(`desk_seat.state.${state}`) }
  }
}

/** Whether a seat has no room for another live conversation. */
export const isFull = ({ live_used, live_units }: Pick<SeatView, 'live_used' | 'live_units'>): boolean => live_used >= live_units

const order = ['online', 'busy', 'away', 'offline']

/** Those who can take something come first: online with room by load, the full, the busy, the away, those whose line is
 *  gone, the offline. */
export function byReadiness(a: SeatView, b: SeatView): number {
  const rank = (seat: SeatView): number => {
    if (!seat.connected && seat.state !== 'offline') return 2.5
    return order.indexOf(seat.state) + (seat.state === 'online' && isFull(seat) ? 0.5 : 0)
  }
  return rank(a) - rank(b) || a.live_used / (a.live_units || 1) - b.live_used / (b.live_units || 1)
}
