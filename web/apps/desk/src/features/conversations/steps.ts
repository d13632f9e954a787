import type { Assignment, BlockIn, Head, Permission } from '@kezhan/api'
import { useToast } from '@nuxt/ui/composables'
import { ref, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { said } from '../../call'
import { useWhen } from '../../when'
import { useGiven } from '../routing'
import { useSession } from '../workspaces'
import { assign, block, blockIdentity, close, markSpam, park, release, reopen, unblock, unblockIdentity, unmarkSpam, wake } from './api'
import { isGuest } from './lists'
import { handOn, leave, stopSupervision, supervise, useRefresh, withdraw, type HandOn } from './together'

export type Step =
  | 'take' | 'takeOver' | 'transfer' | 'assign' | 'invite' | 'leave' | 'supervise' | 'park' | 'retime' | 'wake' | 'release' | 'wrap' | 'close' | 'reopen' | 'spam' | 'unspam' | 'block'

/** What may be done with `head`, in the order it is offered; keys and buttons alike. */
export function stepsOf(head: Head, memberId: string, may: (permission: Permission) => boolean): Step[] {
  if (head.spam) return may('conversation.close') ? ['unspam', ...(may('contact.block') ? (['block'] as const) : [])] : []
  const open = head.state !== 'closed'
  const mine = head.assignee_id === memberId && head.state === 'assigned'
  const theirs = head.state === 'assigned' && !mine
  const assigns = open && (may('conversation.assign') || mine)
  const offered: Record<Step, boolean> = {
    take: open && !mine && !theirs && may('conversation.reply'),
    takeOver: theirs && may('conversation.reply') && (may('conversation.assign') || may('conversation.supervise')),
    transfer: mine && may('conversation.reply'),
    assign: assigns && !mine,
    invite: open && may('conversation.reply') && (mine || may('conversation.assign')),
    leave: isGuest(head, memberId),
    supervise: theirs && may('conversation.supervise'),
    park: assigns && Boolean(head.assignee_id) && !head.parked_at,
    retime: assigns && Boolean(head.parked_at),
    wake: assigns && Boolean(head.parked_at),
    release: assigns && Boolean(head.assignee_id),
    wrap: mine && may('conversation.reply'),
    close: open && may('conversation.close'),
    reopen: !open && !head.merged_into && may('conversation.reply'),
    spam: may('conversation.close'),
    unspam: false,
    block: may('contact.block'),
  }
  return (Object.keys(offered) as Step[]).filter((step) => offered[step])
}

interface Steps {
  busy: Ref<boolean>
  take: (head: Head) => Promise<void>
  takeOver: (head: Head) => Promise<void>
  transfer: (head: Head, to: HandOn, name: string) => Promise<void>
  withdraw: (head: Head) => Promise<void>
  leave: (head: Head, memberId: string) => Promise<void>
  supervise: (head: Head) => Promise<void>
  stopSupervision: (head: Head) => Promise<void>
  give: (head: Head, to: Assignment) => Promise<void>
  park: (head: Head, until: string | null) => Promise<void>
  wake: (head: Head) => Promise<void>
  release: (head: Head) => Promise<void>
  close: (head: Head) => Promise<void>
  /** Tells that it has ended. */
  closed: (head: Head) => void
  reopen: (head: Head) => Promise<void>
  spam: (head: Head) => Promise<void>
  unspam: (head: Head) => Promise<void>
  /** `alone`: only the identity that speaks in it. */
  block: (head: Head, form: BlockIn, alone: boolean) => Promise<void>
}

/** The steps of a conversation's life; each that hides it from view can be undone for a while. */
export function useSteps(): Steps {
  const { t } = useI18n()
  const toast = useToast()
  const refresh = useRefresh()
  const given = useGiven()
  const session = useSession()
  const when = useWhen()
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

  /** As it was. `seen`: to whom it went, null: to a queue; nothing is undone that somebody has decided after that. */
  function back({ id, assignee_id, team_id }: Head, seen: string | null): Promise<unknown> {
    if (assignee_id) return assign(id, { member_id: assignee_id, seen })
    return team_id ? assign(id, { team_id, seen }) : release(id, seen ?? undefined)
  }

  const seen = ({ assignee_id }: Head): { seen: string | null } => ({ seen: assignee_id ?? null })

  /** It goes on with whom it was, and where it was put. Whoever reopens it has it for the moment. */
  async function goOn(head: Head): Promise<void> {
    await reopen(head.id)
    const me = session.me?.id ?? ''
    if (head.assignee_id !== me) await back(head, me)
    if (head.parked_at) await park(head.id, head.wake_at ?? null)
  }

  async function notSpam(head: Head): Promise<void> {
    await unmarkSpam(head.id)
    if (head.state !== 'closed') await goOn(head)
  }

  return {
    busy,
    take: (head) => run(() => assign(head.id, seen(head))),
    takeOver: (head) => run(() => assign(head.id, seen(head)), { title: t('desk.done.assigned'), undo: () => back(head, session.me?.id ?? null) }),
    transfer: (head, to, name) =>
      // Whom a person is asked for stands above the composer, with the way back.
      run(() => handOn(head.id, to), to.member_id ? undefined : { title: t('desk_together.transfer.sent', { name }), undo: () => back(head, null) }),
    withdraw: ({ id }) => {
      given.withdrawn.add(id)
      return run(() => withdraw(id))
    },
    leave: ({ id }, memberId) => run(() => leave(id, memberId)),
    supervise: ({ id }) => run(() => supervise(id)).then(() => refresh(id)),
    stopSupervision: ({ id }) => run(() => stopSupervision(id)).then(() => refresh(id)),
    give: (head, to) =>
      run(() => assign(head.id, { ...to, ...seen(head) }), { title: t('desk.done.assigned'), undo: () => back(head, to.team_id ? null : (to.member_id ?? session.me?.id ?? null)) }),
    park: (head, until) =>
      run(() => park(head.id, until), {
        title: until ? t('desk.done.parkedUntil', { until: when.ahead(until) }) : t('desk.done.parked'),
        undo: () => (head.parked_at ? park(head.id, head.wake_at ?? null) : wake(head.id)),
      }),
    wake: ({ id }) => run(() => wake(id)),
    release: (head) => run(() => release(head.id, head.assignee_id ?? undefined), { title: t('desk.done.released'), undo: () => back(head, null) }),
    close: (head) => run(() => close(head.id), { title: t('desk.done.closed'), undo: () => goOn(head) }),
    closed: (head) => void run(() => Promise.resolve(), { title: t('desk.done.closed'), undo: () => goOn(head) }),
    reopen: ({ id }) => run(() => reopen(id)),
    spam: (head) => run(() => markSpam(head.id), { title: t('desk.done.spam'), undo: () => notSpam(head) }),
    unspam: ({ id }) => run(() => unmarkSpam(id)),
    block: ({ contact_id, identity_id }, form, alone) =>
      run(() => (alone ? blockIdentity(identity_id, form) : block(contact_id, form)), {
        title: t('desk.done.blocked'),
        undo: () => (alone ? unblockIdentity(identity_id) : unblock(contact_id)),
      }),
  }
}
