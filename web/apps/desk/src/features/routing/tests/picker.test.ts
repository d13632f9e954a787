import type { MemberView } from '@kezhan/api'
import { screen } from '@testing-library/vue'
import { describe, expect, it } from 'vitest'
import { head, ME } from '../../conversations/tests/fixtures'
import { net, place, settled, soon, type Scene } from '../../../tests/stage'
import SeatPicker from '../components/SeatPicker.vue'
import { seat } from './fixtures'

const member = (id: string, name: string, role: MemberView['role'] = 'agent'): MemberView => ({ id, user_id: `u-${id}`, name, email: `${id}@tea.example`, role }) as unknown as MemberView
const team = (id: string, name: string) => ({ id, name, member_ids: [], created_at: '2026-11-22T08:00:00.000Z' })
// As it is read out: without faces and pictures.
function spoken(item: Element): string {
  const copy = item.cloneNode(true) as Element
  copy.querySelectorAll('[aria-hidden]').forEach((hidden) => hidden.remove())
  return (copy.textContent ?? '').replace(/\s+/g, ' ').trim()
}
const options = (): string[] => screen.queryAllByRole('option').map(spoken)
const field = (): HTMLElement => screen.getByRole('combobox')

async function pick(more = {}, { take_over = true } = {}): Promise<Scene & { chosen: unknown[] }> {
  net.answers('workspacesListMembers', { items: [member('a', '周小满'), member('b', '林晚晴'), member('c', '高远'), member('d', '陈质检', 'inspector'), member('e', '欧阳'), member('f', '关月'), member(ME, '小林')], next: null })
  net.answers('workspacesListTeams', { items: [team('t1', '售前组'), team('t2', '售后组')] })
  net.answers('routingListSeats', {
    items: [
      seat({ membership_id: 'a', live_used: 5 }),
      seat({ membership_id: 'b', live_used: 1 }),
      seat({ membership_id: 'f', state: 'busy', connected: false, live_used: 1 }),
      seat({ membership_id: 'e', connected: false, live_used: 0 }),
      seat({ membership_id: 'c', state: 'away', reason_id: 'b1', reason: '午饭', live_used: 0 }),
    ],
  })
  net.answers('routingListLengths', { items: [{ queue_id: 't2', waiting: 4 }] })
  net.answers('routingGetSettings', { take_over } as never)
  const chosen: unknown[] = []
  const scene = await place(SeatPicker, { head: head(more), onChoose: (to: unknown) => chosen.push(to) })
  await settled()
  return { ...scene, chosen }
}

describe('whom a conversation can be given to', () => {
  it('people by how ready they are, with state and load, then teams by name with who waits', async () => {
    await pick()
    await soon(() => expect(options()).toEqual(['林晚晴1/5在线', '周小满已满5/5在线', '高远0/5午饭', '欧阳0/5连接中断', '关月1/5连接中断', '售后组4 人排队', '售前组无人排队']))
  })

  it('not the team in whose queue it waits already', async () => {
    await pick({ state: 'queued', assignee_id: null, team_id: 't2' })
    expect(options().join()).not.toContain('售后组')
  })

  it('by mouse: a colleague, a full one too where that may be', async () => {
    const { user, chosen } = await pick()
    await user.click(screen.getByText('周小满'))
    await user.click(screen.getByText('售后组'))
    expect(chosen).toEqual([{ member_id: 'a' }, { team_id: 't2' }])
  })

  it('not a full one where seats keep to their room', async () => {
    const { user, chosen } = await pick({}, { take_over: false })
    await soon(() => expect(screen.getByText('周小满').closest('[role=option]')?.getAttribute('aria-disabled')).toBe('true'))
    await user.click(screen.getByText('周小满'))
    expect(chosen).toEqual([])
  })

  it('by keyboard: found by name, stepped through, chosen with Enter', async () => {
    const { user, chosen } = await pick()
    await user.click(field())
    await user.keyboard('{ArrowDown}{ArrowDown}{ArrowDown}{ArrowDown}{ArrowDown}{ArrowDown}{ArrowDown}{ArrowDown}{ArrowUp}{Enter}')
    await user.keyboard('晚晴{Enter}')
    expect(chosen).toEqual([{ team_id: 't2' }, { member_id: 'b' }])
    expect(document.getElementById(field().getAttribute('aria-activedescendant') ?? '')?.textContent).toContain('林晚晴')
  })

  it('and nobody where nothing fits: Enter does nothing', async () => {
    const { user, chosen } = await pick()
    await user.type(field(), '某某{Enter}')
    expect([options(), chosen, screen.getByText('没有找到同事或小组')]).toEqual([[], [], expect.anything()])
  })

  it('as the seats change before her eyes', async () => {
    await pick()
    net.answers('routingListSeats', { items: ['a', 'b', 'c', 'e', 'f'].map((id) => seat({ membership_id: id, live_used: id === 'b' ? 2 : 5 })) })
    net.tell({ type: 'stale', topic: 'reception' })
    await soon(() => expect(options()[0]).toBe('林晚晴2/5在线'))
  })

  it('by role and without counts where there is no reception', async () => {
    net.answers('workspacesListMembers', { items: [member('a', '周小满')], next: null })
    net.answers('workspacesListTeams', { items: [team('t1', '售前组')] })
    await place(SeatPicker, { head: head() })
    expect(options()).toEqual(['周小满客服', '售前组'])
  })
})
