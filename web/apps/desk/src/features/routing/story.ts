import type { Considered, Decision, Trace, TraceStep } from '@kezhan/api'
import { useI18n } from 'vue-i18n'
import { span } from '../../when'

type Skills = Trace['skills']

const enqueued: Record<string, string> = { released: 'released', sent_to_team: 'sent', unanswered: 'unanswered', seat_gone: 'seatGone', returned: 'cameBack', resumed: 'resumed' }
const accepted: Record<string, string> = { automatic: 'automatic', offer: 'accepted', taken: 'taken', given: 'given', handed_back: 'teamReturned' }
const PLAIN = new Set(['offered', 'declined', 'missed', 'withdrawn', 'overflowed', 'message', 'left', 'returned', 'closed', 'reopened', 'transfer_offered', 'transfer_declined', 'transfer_missed', 'transfer_withdrawn', 'invited', 'guest_left', 'guest_removed', 'supervised', 'supervision_ended'])
const ORDERS = new Set(['dedicated', 'last_agent', 'best_skill', 'least_loaded', 'longest_idle', 'round_robin'])
const REASONS = new Set(['not_in_team', 'offline', 'away', 'on_break', 'busy', 'off_duty', 'lost', 'declined', 'full', 'behind'])
const WITH_RULE = new Set(['enqueued', 'automatic', 'offered'])

/** The sentence for a step: a word of `desk_seat.why.kind`. */
export function kindOf({ kind, reason }: Pick<TraceStep, 'kind' | 'reason'>): string {
  if (kind === 'enqueued') return enqueued[reason] ?? 'enqueued'
  if (kind === 'accepted') return accepted[reason] ?? 'automatic'
  if (kind === 'transferred') return reason === 'taken' ? 'takenOver' : 'transferred'
  if (kind === 'abandoned') return reason === 'left' ? 'abandoned' : 'chose'
  return PLAIN.has(kind) ? kind : 'other'
}

export interface Counted {
  why: string
  /** The skill's id, or the name of the break. */
  what: string
  count: number
}

/** How many seats were passed over for which reason, the most frequent first; of skills and breaks each by itself. */
export function countReasons({ considered = [], others = {} }: Decision): Counted[] {
  const counted = new Map<string, Counted>()
  const add = (why: string, what: string, count: number): void => {
    const key = `${why} ${what}`
    counted.set(key, { why, what, count: (counted.get(key)?.count ?? 0) + count })
  }
  for (const { why, lacks, reason } of considered) if (why) add(why, lacks || reason || '', 1)
  for (const [why, count] of Object.entries(others)) add(why, '', count)
  return [...counted.values()].sort((a, b) => b.count - a.count)
}

interface Story {
  /** What happened, in one sentence. */
  line: (step: TraceStep) => string
  /** Where, by which rule, after how long. */
  aside: (step: TraceStep) => string[]
  /** Why the chosen one, and why not the others. */
  reasons: (decision: Decision, skills: Skills) => string
  counts: (decision: Decision, skills: Skills) => string[]
  seat: (considered: Considered, skills: Skills) => string
}

/** The way of a conversation, in words. */
export function useStory(): Story {
  const { t } = useI18n()

  // messages: desk_seat.why.kind.*, desk_seat.why.count.*, desk_seat.why.seat.*, desk_seat.why.chosen.*
  const line = (step: TraceStep): string => t(`desk_seat.why.kind.${kindOf(step)}`, { member: step.member, by: step.by })

  function aside(step: TraceStep): string[] {
    const rule = step.rule && WITH_RULE.has(kindOf(step)) ? t('desk_seat.why.rule', { rule: step.rule, version: step.version ?? 0 }) : ''
    const waited = (step.waited_ms ?? 0) >= 1000 ? t('desk_seat.why.waited', { time: span(step.waited_ms ?? 0) }) : ''
    return [step.kind === 'enqueued' ? step.queue : '', rule, waited].filter(Boolean)
  }

  function counts(decision: Decision, skills: Skills): string[] {
    return countReasons(decision).map(({ why, what, count }) => {
      if (why === 'on_break' && what) return t('desk_seat.why.count.break', { count, reason: what })
      if (why === 'lacks_skill') {
        const skill = skills[what]
        return skill ? t('desk_seat.why.count.lacks_skill', { count, skill }) : t('desk_seat.why.count.lacks', { count })
      }
      return t(`desk_seat.why.count.${REASONS.has(why) ? why : 'other'}`, { count })
    })
  }

  function reasons(decision: Decision, skills: Skills): string {
    const chosen = decision.considered?.find(({ seat_id }) => seat_id === decision.seat_id)
    const by = decision.by && ORDERS.has(decision.by) ? decision.by : 'only'
    const list = counts(decision, skills).join(t('desk_seat.why.join'))
    return [
      chosen ? t(`desk_seat.why.chosen.${by}`, { used: chosen.used ?? 0, there: chosen.there ?? 0 }) : '',
      list ? t('desk_seat.why.others', { list }) : '',
    ].filter(Boolean).join(t('desk_seat.why.pause'))
  }

  function seat({ why, lacks, reason }: Considered, skills: Skills): string {
    if (!why) return t('desk_seat.why.seat.chosen')
    if (why === 'on_break' && reason) return t('desk_seat.why.seat.break', { reason })
    if (why !== 'lacks_skill') return t(`desk_seat.why.seat.${REASONS.has(why) ? why : 'other'}`)
    const skill = lacks ? skills[lacks] : undefined
    return skill ? t('desk_seat.why.seat.lacks_skill', { skill }) : t('desk_seat.why.seat.lacks')
  }

  return { line, aside, reasons, counts, seat }
}
