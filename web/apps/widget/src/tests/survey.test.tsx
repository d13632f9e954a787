import { expect, it } from 'vitest'
import { Far, fireEvent, openPanel, pass, type Panel, person, Room, ui, until } from './stage'

const SURVEY = '/surveys/i1'
const ASKED = {
  id: 'i1', look: 'stars', comment: true, thanks: '谢谢您。', answer: null as object | null, over: false,
  questions: [
    { key: 'a', kind: 'csat', text: '满意吗？', options: [] },
    { key: 'r', kind: 'resolved', text: '解决了吗？', options: [] },
    { key: 'm', kind: 'many', text: '喜欢什么？', options: ['<b>茶</b>', '人'] },
  ],
}

async function asked(survey: object = ASKED): Promise<Panel> {
  const far = new Far().gives(SURVEY, survey)
  const room = new Room({ state: 'closed' })
  room.mine('你好')
  room.add('请评价', { author: { kind: 'system', id: 's' }, payload: { is: 'survey', invite_id: 'i1' } })
  const panel = await openPanel({ far, room })
  await until(() => expect(ui.queryByText(/满意吗|评价已结束|打不开/)).toBeTruthy())
  return panel
}

const star = (name: string) => ui.getByRole('button', { name })
const sent = (panel: Panel): unknown[] => panel.far.to(`${SURVEY}/answer`).map(({ body }) => body)

it('is answered by one tap, and the rest may follow', async () => {
  const panel = await asked()
  const answer = { replies: [{ key: 'a', number: 2 }] }
  panel.far.gives(`${SURVEY}/answer`, { ...ASKED, answer })
  await person.presses('不满意')
  expect(sent(panel)).toEqual([answer])
  expect([star('不满意').getAttribute('aria-pressed'), star('满意').getAttribute('aria-pressed')]).toEqual(['true', 'false'])
  expect(ui.getByText('谢谢您。').getAttribute('role')).toBe('status')
  await person.presses('未解决')
  fireEvent.click(ui.getByLabelText('<b>茶</b>'))
  await pass()
  fireEvent.input(ui.getByLabelText('还有什么想说的？（选填）'), { target: { value: '慢' } })
  expect(sent(panel)).toHaveLength(1)
  const whole = { replies: [{ key: 'a', number: 2 }, { key: 'r', number: 0 }, { key: 'm', chosen: [0] }], comment: '慢' }
  panel.far.gives(`${SURVEY}/answer`, { ...ASKED, answer: whole })
  await person.presses('提交')
  expect(sent(panel)[1]).toEqual(whole)
  expect(ui.queryByRole('button', { name: '提交' })).toBeNull()
  await person.presses('修改评价')
  expect(star('不满意').getAttribute('aria-pressed')).toBe('true')
})

it('says what was refused and keeps what she has chosen', async () => {
  const panel = await asked()
  panel.far.gives(`${SURVEY}/answer`, { status: 410, code: 'surveys.over', title: '这份评价已过期。' })
  await person.presses('满意')
  expect([ui.getByRole('alert').textContent, star('满意').getAttribute('aria-pressed')]).toEqual(['这份评价已过期。', 'true'])
})

it('shows what was answered before, and that it is over', async () => {
  await asked({ ...ASKED, answer: { replies: [{ key: 'a', number: 5 }] } })
  expect([star('非常满意').getAttribute('aria-pressed'), ui.getByText('谢谢您。')]).toEqual(['true', expect.anything()])
})

it('cannot be changed when it is over', async () => {
  await asked({ ...ASKED, over: true })
  expect([ui.getByText('评价已结束'), ui.queryByRole('button', { name: '满意' })]).toEqual([expect.anything(), null])
})
