import type { BulkView, ListRow, View, ViewList } from '@kezhan/api'
import { screen, within } from '@testing-library/vue'
import { describe, expect, it } from 'vitest'
import { dispatch } from '../../../live'
import { net, place, settled, soon, type Scene } from '../../../tests/stage'
import { head } from '../../conversations/tests/fixtures'
import ConversationList from '../../conversations/components/ConversationList.vue'
import { firstFilter, fresh, isWhole, spanOf, subjectOf } from '../conditions'

const view = (more: Partial<View> = {}): View => ({
  id: 'aa', name: '等得久的', icon: 'clock', colour: 'amber', sort: 'waiting', scope: 'personal', team_id: null, filter: firstFilter(),
  version: 1, edits: true, updated_at: '2026-11-23T00:00:00.000Z', ...more,
})
const list = (...items: View[]): ViewList => ({ items, shares: false })
const row = (id: string): ListRow => ({ head: head({ id, identity_id: id, contact_name: `客户${id}` }), read_inbound: 1 })
const bulk = (more: Partial<BulkView> = {}): BulkView => ({ id: 'b1', act: 'close', state: 'running', total: 3, done: 1, refused: 0, undone: 0, refusals: [], undo_until: null, ...more })
const rows = (): string[] => [...document.querySelectorAll<HTMLElement>('[data-row]')].map((one) => one.dataset.row!)

function open(name = 'view-aa', items = [view()]): Promise<Scene> {
  net.answers('viewsList', list(...items))
  net.answersIfSilent('viewsCount', { items: [{ id: 'aa', count: 2 }], at: '2026-11-23T00:00:00.000Z' })
  return place(ConversationList, { list: name, id: '' }, { path: `/conversations/${name}` })
}

describe('a view', () => {
  it('stands in the server’s order, in the order it was made for, and is read again when it is stale', async () => {
    net.answers('viewsConversations', { items: [row('z'), row('a')], next: null })
    await open()
    await soon(() => expect(rows()).toEqual(['z', 'a']))
    expect(net.asked('viewsConversations')[0]?.query).toMatchObject({ sort: 'waiting' })
    expect(screen.getByRole('button', { name: '等得久的：切换视图' }).textContent).toContain('2')
    net.answers('viewsConversations', { items: [row('m')], next: null })
    dispatch({ type: 'stale', topic: 'views' })
    await soon(() => expect(rows()).toEqual(['m']))
  })

  it('says what is missing, and offers to try again', async () => {
    net.breaks('viewsConversations')
    const scene = await open()
    await soon(() => expect(screen.getByRole('alert').textContent).toContain('连不上'))
    net.answers('viewsConversations', { items: [], next: null })
    await scene.user.click(screen.getByRole('button', { name: '重试' }))
    await soon(() => expect(screen.getByText('这个视图里没有会话')).toBeTruthy())
  })
})

describe('several conversations', () => {
  it('are chosen one by one, up to here, and all; done once, with progress, reasons and the way back', async () => {
    net.answers('viewsConversations', { items: ['a', 'b', 'c'].map(row), next: 'more' })
    const scene = await open()
    await soon(() => expect(rows()).toHaveLength(3))
    const box = (id: string): HTMLElement => screen.getByRole('checkbox', { name: `选择 客户${id}` })
    await scene.user.click(box('a'))
    await scene.user.keyboard('{Shift>}')
    await scene.user.click(document.querySelector('[data-row="c"]')!)
    await scene.user.keyboard('{/Shift}')
    expect(screen.getByText('已选 3 个')).toBeTruthy()
    await scene.user.click(screen.getByRole('button', { name: '选择列表全部' }))
    net.answers('viewsAct', bulk())
    net.answers('viewsGetAct', bulk())
    await scene.user.click(screen.getByRole('button', { name: '结束' }))
    await soon(() => expect(screen.getByText('1 / 3 …')).toBeTruthy())
    const asked = net.asked('viewsAct')
    expect(asked).toHaveLength(1)
    expect(asked[0]?.body).toMatchObject({ act: 'close', view_id: 'aa' })
    net.answers('viewsGetAct', bulk({ state: 'done', done: 2, refused: 1, refusals: [{ title: '还要填小结', count: 1, examples: ['客户c'] }], undo_until: new Date(Date.now() + 30_000).toISOString() }))
    dispatch({ type: 'stale', topic: 'bulk' })
    const state = await screen.findByText('完成 2 个，1 个未完成')
    const place_ = within(state.closest('section')!)
    await scene.user.click(place_.getByRole('button', { name: '原因' }))
    expect(place_.getByText(/1 × 还要填小结/)).toBeTruthy()
    net.answers('viewsUndoAct', bulk({ state: 'undone', undone: 2 }))
    await scene.user.click(place_.getByRole('button', { name: /^撤销/ }))
    await soon(() => expect(screen.getByText('已撤销 2 个')).toBeTruthy())
    await settled()
  })
})

it.each(['any_of:team', 'holds:waiting', 'age:opened_at', 'contains:name', 'between:csat', 'attribute:plan'])('a condition about %s says nothing until it has a value', (subject) => {
  const condition = fresh(subject)
  expect(subjectOf(condition)).toBe(subject)
  expect(isWhole(condition)).toBe(/^(holds|age)/.test(subject))
})

it('a span is in its largest whole unit', () => {
  expect([90, 120, 2880].map(spanOf)).toEqual([{ amount: 90, unit: 'minutes' }, { amount: 2, unit: 'hours' }, { amount: 2, unit: 'days' }])
})
