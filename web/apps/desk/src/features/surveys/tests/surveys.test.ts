import type { AnswerLine, ConversationSurvey, SurveyFigures, SurveyResult, SurveyView } from '@kezhan/api'
import { screen, within } from '@testing-library/vue'
import { beforeEach, describe, expect, it } from 'vitest'
import { alerts, button, press, problem, write } from '../../../tests/hands'
import { agentMay, me, net, place, settled, soon, visit, type Scene } from '../../../tests/stage'
import { head } from '../../conversations/tests/fixtures'
import SurveyCard from '../components/SurveyCard.vue'
import { hundredths, points } from '../figures'
import SatisfactionPage from '../pages/SatisfactionPage.vue'
import SurveysPage from '../pages/SurveysPage.vue'
import { addable, draftOf, formOf, inLanguage, newQuestion, toneOf } from '../survey'

const at = '2026-11-22T08:00:00.000Z'
const survey = (id: string, more: Partial<SurveyView> = {}): SurveyView => ({
  id, name: `问卷 ${id}`, active: true, version: 1, created_at: at, invited: 8, answered: 3,
  definition: { v: 1, questions: [{ key: 'a', kind: 'csat', text: { zh: '', en: '' }, options: [] }], hours: 72, ask: { zh: '问', en: '' } }, ...more,
})
const result = (more: Partial<SurveyResult> = {}): SurveyResult => ({
  id: 'i1', conversation_id: 'c1', survey_name: '问卷', version: 1, state: 'answered', by_name: '', agent_id: 'm1', agent_name: '周小满', team_name: '售前', sent_at: at,
  expires_at: at, answered_at: at, changed_at: null, via: 'page', csat: 2, resolved: null, nps: null, comment: '<img src=x onerror=alert(1)>', told: [], bad: true,
  follow_up: { responsible_id: 'm1', responsible_name: '周小满', made_at: at, done_at: null, done_by_name: '' }, ...more,
})
const line = (id: string, more: Partial<AnswerLine> = {}): AnswerLine => ({
  id, conversation_id: `c-${id}`, contact_id: 'k', contact_name: '', account_id: 'a1', account_name: '官网', adapter: 'webchat', agent_name: '周小满', team_name: '',
  answered_at: at, csat: 1, resolved: null, nps: null, comment: '慢', follow_up: result().follow_up, ...more,
})
const counts = { invited: 8, answered: 4, participation: 0.5, rated: 4, csat: 0.75, told: 0, resolved: null, asked: 2, nps: -50 }
const figures: SurveyFigures = {
  since: at, time_zone: 'Asia/Shanghai', own: false, total: counts, stars: [1, 0, 0, 1, 2], days: [{ day: '2026-11-22', counts }],
  channels: [{ id: 'a1', name: '官网', adapter: 'webchat', counts }], teams: [{ id: null, name: '', adapter: '', counts }], seats: [{ id: 'm1', name: '周小满', adapter: '', counts }],
}
const page = (items: AnswerLine[]): { items: AnswerLine[]; next: null } => ({ items, next: null })

beforeEach(() => {
  net.answers('workspacesGetMe', me({ permissions: [...agentMay, 'survey.read', 'survey.manage'] }))
  net.answers('channelsList', { items: [] })
  net.answers('workspacesListTeams', { items: [] })
  net.answers('workspacesListMembers', { items: [], next: null })
})

describe('beside a conversation', () => {
  const card = (found: ConversationSurvey): Promise<Scene> => {
    net.answers('surveysOfConversation', found)
    return place(SurveyCard, { head: head(), spoken: true }, { lineOpen: false })
  }

  it('stands what the customer has answered, as text', async () => {
    await card({ result: result(), may_invite: false })
    const shown = await screen.findByRole('region', { name: '满意度评价' })
    expect(shown.textContent).toContain('2/5')
    expect([within(shown).getByText('<img src=x onerror=alert(1)>'), shown.querySelector('img')]).toEqual([expect.anything(), null])
    expect(shown.textContent).toMatch(/在网页上评价\s+· 周小满 · 售前/)
    expect(shown.textContent).toContain('待回访 · 周小满')
  })

  it('stands the way to ask her, once', async () => {
    const scene = await card({ result: null, may_invite: true })
    net.answers('surveysInvite', undefined as never)
    net.answers('surveysOfConversation', { result: result({ state: 'sent', answered_at: null, via: null, csat: null, comment: '', follow_up: null }), may_invite: false })
    await press(scene, '邀请评价')
    expect(net.asked('surveysInvite').map(({ path }) => path)).toEqual([{ conversation_id: 'c1' }])
    await soon(() => expect(screen.getByText('已邀请，未评价')).toBeTruthy())
    expect(screen.queryByRole('button', { name: '邀请评价' })).toBeNull()
  })

  it('stands nothing where there is nothing to tell', async () => {
    await card({ result: null, may_invite: false })
    await settled()
    expect(screen.queryByRole('region', { name: '满意度评价' })).toBeNull()
  })
})

describe('satisfaction', () => {
  it('is told in figures beside how many they are of', async () => {
    net.answers('reportsSurveys', figures)
    await place(SatisfactionPage, {}, { path: '/satisfaction', lineOpen: false })
    await soon(() => expect(screen.getByText('4 次评分')).toBeTruthy())
    expect([screen.getByText('4 / 8 次邀请'), screen.getAllByText('-50').length]).toEqual([expect.anything(), 4])
    expect(screen.getByRole('rowheader', { name: '未分组' })).toBeTruthy()
  })

  it('lists what is to be followed up, until it is done', async () => {
    net.answers('surveysListFollowUps', page([line('x')]))
    const scene = await place(SatisfactionPage, {}, { path: '/satisfaction?tab=follow', lineOpen: false })
    await soon(() => expect(screen.getByText('慢')).toBeTruthy())
    expect(screen.getByRole('link', { name: '未留名的客户' }).getAttribute('href')).toBe('/conversations/all/c-x')
    net.answers('surveysFinishFollowUp', undefined as never)
    net.answers('surveysListFollowUps', page([]))
    await press(scene, '标记已回访')
    expect(net.asked('surveysFinishFollowUp').map(({ path }) => path)).toEqual([{ invite_id: 'x' }])
    await soon(() => expect(screen.getByText('没有需要回访的评价')).toBeTruthy())
  })
})

describe('surveys in the settings', () => {
  it('are listed and switched off', async () => {
    net.answers('surveysList', { items: [survey('a')] })
    const scene = await place(SurveysPage, {}, { path: '/settings/surveys', lineOpen: false })
    await soon(() => expect(screen.getByText('30 天内 3 / 8')).toBeTruthy())
    net.answers('surveysChange', survey('a', { active: false }))
    await scene.user.click(screen.getByRole('switch', { name: '启用 问卷 a' }))
    await settled()
    expect(net.asked('surveysChange')[0]?.body).toMatchObject({ name: '问卷 a', active: false })
  })

  it('are made, and what is wrong stands beside the questions', async () => {
    net.answers('surveysList', { items: [] })
    const scene = await visit('/settings/surveys/new')
    await soon(() => expect(screen.getByLabelText('名称')).toBeTruthy())
    await write('名称', '售后')
    expect(screen.getByRole('figure').textContent).toContain('您对这次服务满意吗？')
    net.refuses('surveysCreate', problem(400, 'surveys.no_text', '请写下这个问题。', { field: 'definition.questions.1' }))
    await press(scene, '保存')
    expect(alerts()).toEqual(['请写下这个问题。'])
    expect([net.asked('surveysCreate')[0]?.body?.name, button('保存').disabled]).toEqual(['售后', false])
  })
})

it('adds each rated question once and five of one’s own', () => {
  const draft = draftOf()
  expect(addable(draft.questions)).toEqual(['resolved', 'nps', 'text', 'one', 'many'])
  for (let count = 0; count < 5; count += 1) draft.questions.push(newQuestion('text', draft.questions))
  expect([addable(draft.questions), new Set(draft.questions.map(({ key }) => key)).size]).toEqual([['resolved', 'nps'], 6])
  expect(newQuestion('one', []).options).toHaveLength(2)
})

it('keeps a survey as it was given', () => {
  const { definition } = formOf(draftOf(survey('a')))
  expect(definition).toMatchObject({ hours: 72, ask: { zh: '问', en: '' }, follow_id: null, automatic: true })
})

it('tells figures and tones', () => {
  expect([hundredths(0.756), hundredths(null), points(12.4), points(-3), points(null)]).toEqual(['76%', '–', '+12', '-3', '–'])
  expect([toneOf({ csat: 4 }), toneOf({ csat: 3 }), toneOf({ resolved: false }), toneOf({ nps: 7 }), toneOf({ nps: 6 })]).toEqual(['good', 'middling', 'bad', 'middling', 'bad'])
  expect([inLanguage({ zh: '', en: 'a' }, 'zh'), inLanguage({ zh: 'b', en: 'a' }, 'zh')]).toEqual(['a', 'b'])
})
