import type { Step } from '@kezhan/api'
import { span } from '../../when'

type Say = (key: string, values?: Record<string, unknown>) => string

/** One step of overflow as a sentence: when, then what follows. */
export function stepSaid(step: Step, teams: Record<string, string>, t: Say): string {
  const when = [
    step.after_seconds != null ? t('desk_monitor.diagnosis.stepAfter', { time: span(step.after_seconds * 1000) }) : '',
    step.at_length != null ? t('desk_monitor.diagnosis.stepLength', { count: step.at_length }) : '',
  ].filter(Boolean)
  const names = (step.team_ids ?? []).map((id) => teams[id]).filter(Boolean)
  const then = [
    names.length ? t('desk_monitor.diagnosis.stepTeams', { names: names.join(t('desk_monitor.and')) }) : '',
    step.everybody ? t('desk_monitor.diagnosis.stepEverybody') : '',
    step.drop_needs ? t('desk_monitor.diagnosis.stepSkills') : '',
    step.message ? t('desk_monitor.diagnosis.stepMessage') : '',
  ].filter(Boolean)
  return `${when.join(' / ')}${t('desk_monitor.colon')}${then.join(t('desk_monitor.and'))}`
}
