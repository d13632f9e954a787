import type { StaffEvent, StaffMessage, StaffRoom } from '@kezhan/api'
import { useI18n } from 'vue-i18n'
import { useStaff } from './store'

const icons = { direct: 'i-lucide-user-round', group: 'i-lucide-users-round', team: 'i-lucide-headset', everyone: 'i-lucide-megaphone' } as const

interface Naming {
  title: (room: StaffRoom) => string
  icon: (kind: StaffRoom['kind']) => string
  person: (id: string) => string
  event: (message: StaffMessage, happened: StaffEvent) => string
  /** A message in one line. */
  gist: (message: StaffMessage) => string
  /** The same with who said it, as a list of rooms shows it. */
  preview: (room: StaffRoom) => string
}

/** What rooms and their messages are called in the reader's language. */
export function useStaffNaming(): Naming {
  const { t } = useI18n()
  const staff = useStaff()
  const person = (id: string): string => staff.nameOf(id) || t('desk_staff.somebody')
  const who = (id: string): string => (id === staff.me ? t('desk_staff.you') : person(id))

  function title(room: StaffRoom): string {
    if (room.kind === 'everyone') return t('desk_staff.everyone')
    return room.kind === 'direct' ? person(room.other_id ?? '') : room.name
  }

  function event({ author_id }: StaffMessage, { event: what, member_ids = [], name }: StaffEvent): string {
    const others = member_ids.map((id) => (id === staff.me ? t('desk_staff.youInside') : person(id))).join(t('desk_staff.comma'))
    // messages: desk_staff.event.*
    return t(`desk_staff.event.${what}`, { who: who(author_id), others, name: name ?? '' })
  }

  function gist(message: StaffMessage): string {
    if (message.recalled_at) return t('desk_staff.recalled')
    if (message.payload?.is === 'event') return event(message, message.payload)
    if (message.payload?.is === 'file') return message.body || (message.kind === 'image' ? t('desk_staff.picture') : message.payload.name)
    return message.body || t('desk_staff.linked')
  }

  function preview(room: StaffRoom): string {
    const { last } = room
    if (!last) return t('desk_staff.nothingYet')
    const alone = last.kind === 'event' || (room.kind === 'direct' && last.author_id !== staff.me)
    return alone ? gist(last) : t('desk_staff.saidBy', { who: who(last.author_id), text: gist(last) })
  }

  return { title, icon: (kind) => icons[kind], person, event, gist, preview }
}
