import type { Assignment, Head, Permission } from '@kezhan/api'
import { useToast } from '@nuxt/ui/composables'
import { ref, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { said } from '../../call'
import { assign, close, park, release, reopen, wake } from './api'

export type Step = 'take' | 'assign' | 'park' | 'wake' | 'release' | 'close' | 'reopen'

/** What may be done with `head`, in the order it is offered; keys and buttons alike. */
export function stepsOf(head: Head, memberId: string, may: (permission: Permission) => boolean): Step[] {
  const open = head.state !== 'closed'
  const mine = head.assignee_id === memberId && head.state === 'assigned'
  const assigns = open && (may('conversation.assign') || mine)
  const offered: Record<Step, boolean> = {
    take: open && !mine && may('conversation.reply') && (!head.assignee_id || may('conversation.assign')),
    assign: assigns,
    park: assigns && Boolean(head.assignee_id) && !head.parked_at,
    wake: assigns && Boolean(head.parked_at),
    release: assigns && Boolean(head.assignee_id),
    close: open && may('conversation.close'),
    reopen: !open && may('conversation.reply'),
  }
  return (Object.keys(offered) as Step[]).filter((step) => offered[step])
}

interface Steps {
  busy: Ref<boolean>
  take: (head: Head) => Promise<void>
  give: (head: Head, to: Assignment) => Promise<void>
  park: (head: Head) => Promise<void>
  wake: (head: Head) => Promise<void>
  release: (head: Head) => Promise<void>
  close: (head: Head) => Promise<void>
  reopen: (head: Head) => Promise<void>
}

/** The steps of a conversation's life; each that hides it from view can be undone for a while. */
export function useSteps(): Steps {
  const { t } = useI18n()
  const toast = useToast()
  const busy = ref(false)

  async function run(what: () => Promise<unknown>, done?: { title: string; undo: () => Promise<unknown> }): Promise<void> {
    busy.value = true
    try {
      await what()
      if (done) {
        const undo = { label: t('desk.act.undo'), onClick: () => void run(done.undo) }
        toast.add({ title: done.title, icon: 'i-lucide-check', actions: [undo] })
      }
    } catch (fault) {
      toast.add({ title: said(fault), color: 'error', icon: 'i-lucide-circle-alert' })
    } finally {
      busy.value = false
    }
  }

  function back({ id, assignee_id, team_id }: Head): Promise<unknown> {
    if (assignee_id) return assign(id, { member_id: assignee_id })
    return team_id ? assign(id, { team_id }) : release(id)
  }

  return {
    busy,
    take: ({ id }) => run(() => assign(id)),
    give: (head, to) =>
      run(() => assign(head.id, to), { title: t('desk.done.assigned'), undo: () => back(head) }),
    park: (head) => run(() => park(head.id), { title: t('desk.done.parked'), undo: () => wake(head.id) }),
    wake: ({ id }) => run(() => wake(id)),
    release: (head) => run(() => release(head.id), { title: t('desk.done.released'), undo: () => back(head) }),
    close: (head) => run(() => close(head.id), { title: t('desk.done.closed'), undo: () => reopen(head.id) }),
    reopen: ({ id }) => run(() => reopen(id)),
  }
}
