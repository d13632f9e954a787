import { fireEvent, screen, within } from '@testing-library/vue'
import { describe, expect, it, vi } from 'vitest'
import { alerts, beside, button, choose, field, press, problem, where, write } from '../../../tests/hands'
import { net, settled, type Scene } from '../../../tests/stage'
import { reception, seat } from './playing'

const rowOf = (name: string): HTMLElement => screen.getByTitle(name).closest('li') as HTMLElement
const confirm = async ({ user }: Scene, name: string): Promise<void> => {
  await user.click(within(screen.getByRole('dialog')).getByRole('button', { name }))
  await settled()
}
async function figure(label: string, text: string): Promise<void> {
  await fireEvent.update(field(label), text)
  await fireEvent.change(field(label))
  await settled()
}

describe('the seats', () => {
  it('show how everybody is, what she has and can', async () => {
    await reception('seats')
    expect(rowOf('周小满').textContent).toMatch(/高级组.*英语 4.*会话 1\/5.*可搁置 0\/20.*在线/s)
    expect(rowOf('林晚晴').textContent).toMatch(/不在小组中.*会话 5\/5.*已满.*午饭/s)
  })

  it('say why the house has set a state', async () => {
    net.answers('routingListSeats', { items: [seat({ state: 'away', auto: 'missed', on_duty: false, own_room: true })] })
    await reception('seats')
    expect(rowOf('周小满').textContent).toMatch(/单独设置.*离开 · 连续未接 · 不在班/s)
  })

  it('set a colleague’s state after asking, never before', async () => {
    const scene = await reception('seats')
    net.answers('routingSetSeatState', seat({ state: 'busy' }))
    const pick = async (name: string): Promise<void> => {
      await scene.user.click(button(/^周小满 现在/))
      await scene.user.click(await screen.findByRole('menuitem', { name }))
      await settled()
    }
    await pick('忙碌')
    expect([screen.getByText('把 周小满 设为“忙碌”？'), net.asked('routingSetSeatState')]).toEqual([expect.anything(), []])
    await confirm(scene, '更改状态')
    await pick('午饭')
    await confirm(scene, '更改状态')
    expect(net.asked('routingSetSeatState').map(({ path, body }) => [path.membership_id, body])).toEqual([
      ['m1', { state: 'busy', reason_id: null }],
      ['m1', { state: 'away', reason_id: 'lunch' }],
    ])
  })

  it('are given room and skills of their own', async () => {
    const scene = await reception('seats')
    net.answers('routingEditSeat', seat())
    await press(scene, '编辑 周小满 的坐席')
    await choose(scene, '退款 的等级', '3 · 熟练')
    await choose(scene, '英语 的等级', '没有')
    await scene.user.click(screen.getByRole('switch', { name: '单独设置接待量' }))
    await figure('默认即时接待量', '8')
    await press(scene, '保存')
    expect(net.asked('routingEditSeat').map(({ body }) => body)).toEqual([{ live_units: 8, deferred_units: 20, skills: { 'skill-refund': 3 } }])
    expect(screen.queryByRole('dialog')).toBeNull()
  })

  it('keep what was chosen where it is refused', async () => {
    const scene = await reception('seats')
    net.refuses('routingEditSeat', problem(404, 'routing.no_such_skill', '这个技能已不存在，请另选一个。'))
    await press(scene, '编辑 周小满 的坐席')
    await choose(scene, '退款 的等级', '2 · 较熟')
    await press(scene, '保存')
    expect([alerts(), field('退款 的等级').textContent]).toEqual([['这个技能已不存在，请另选一个。'], expect.stringContaining('较熟')])
  })

  it('say where there are none how they come to be', async () => {
    net.answers('routingListSeats', { items: [] })
    await reception('seats')
    expect(screen.getByText('还没有坐席')).toBeTruthy()
  })
})

describe('skills and reasons', () => {
  it('add a language, named after it', async () => {
    const scene = await reception('seats')
    net.answers('routingAddSkill', { id: 's9', kind: 'language', name: '日语', code: 'ja', seats: 0 })
    await press(scene, '添加技能')
    await choose(scene, '类别', '语言')
    await choose(scene, '语言', '日语')
    await press(scene, '保存')
    expect(net.asked('routingAddSkill').map(({ body }) => body)).toEqual([{ kind: 'language', name: '日语', code: 'ja' }])
  })

  it.each([
    ['name', '名称', 'routing.name_taken', '这个名称已被使用，请换一个。'],
    ['code', '语言', 'routing.code_taken', '“英语”已代表这个语言或地区。'],
  ])('put what is wrong with the %s beside it', async (name, label, code, title) => {
    const scene = await reception('seats')
    net.refuses('routingEditSkill', problem(409, code, title, { field: name }))
    await press(scene, '编辑“英语”')
    await write('名称', '英文')
    await press(scene, '保存')
    expect([name === 'name' ? beside(label) : screen.getByText(title).textContent, field('名称').value]).toEqual([title, '英文'])
  })

  it('are removed by name, and say why they are not', async () => {
    const scene = await reception('seats')
    net.refuses('routingArchiveSkill', problem(409, 'routing.skill_in_use', '规则“VIP 优先”正在使用这个技能，请先修改规则。'))
    await press(scene, '移除“英语”')
    expect(screen.getByText('移除技能“英语”？')).toBeTruthy()
    await confirm(scene, '移除')
    expect([screen.getAllByText(/VIP 优先”正在使用这个技能/).length, net.asked('routingArchiveSkill')[0]?.path]).toEqual([expect.any(Number), { skill_id: 'skill-en' }])
  })

  it('take a reason once, and keep it where it is refused', async () => {
    const scene = await reception('seats')
    net.refuses('routingAddReason', problem(409, 'routing.name_taken', '这个名称已被使用，请换一个。', { field: 'name' }))
    expect(button('添加').disabled).toBe(true)
    await write('新的原因', '午饭')
    await press(scene, '添加')
    expect([beside('新的原因'), field('新的原因').value]).toEqual(['这个名称已被使用，请换一个。', '午饭'])
    net.answers('routingAddReason', { id: 'x', name: '培训' })
    await write('新的原因', '培训')
    await press(scene, '添加')
    expect([net.asked('routingAddReason').length, field('新的原因').value]).toEqual([2, ''])
  })
})

describe('weights and limits', () => {
  it('are kept as they are changed', async () => {
    const scene = await reception('limits')
    net.answers('routingSetWeight', undefined as never)
    net.answers('routingSetLimits', undefined as never)
    await figure('官网 的一个会话占几份', '3')
    await choose(scene, '官网 的工作类型', '可搁置（邮件、留言）')
    await figure('高级组：最多同时接待', '4')
    await figure('高级组：最多排队人数', '')
    await figure('所有人的队列：最多排队人数', '-5')
    expect(net.asked('routingSetWeight').map(({ path, body }) => [path.account_id, body])).toEqual([['c1', { units: 3, load: 'live' }], ['c1', { units: 1, load: 'deferred' }]])
    expect(net.asked('routingSetLimits').map(({ path, body }) => [path.queue_id, body])).toEqual([
      ['vip', { max_waiting: 10, max_open: 4 }],
      ['vip', { max_waiting: null, max_open: null }],
      ['w1', { max_waiting: 0, max_open: null }],
    ])
  })

  it('say why they are not kept, and show what holds', async () => {
    await reception('limits')
    net.refuses('routingSetWeight', problem(404, 'routing.no_such_channel', '这个渠道已不存在。'))
    await figure('官网 的一个会话占几份', '3')
    expect([screen.getByText('这个渠道已不存在。'), net.asked('routingListWeights').length]).toEqual([expect.anything(), 2])
  })
})

describe('the general settings', () => {
  it('are saved together, within their bounds', async () => {
    const scene = await reception('general')
    net.answers('routingSetSettings', undefined as never)
    await scene.user.click(screen.getByRole('radio', { name: /手动接入/ }))
    await figure('断线宽限', '1')
    await figure('默认即时接待量', '7')
    await press(scene, '保存')
    expect(net.asked('routingSetSettings').map(({ body }) => body)).toEqual([expect.objectContaining({ automatic: false, grace_seconds: 5, live_units: 7, take_over: true })])
    expect([screen.getByText('已保存'), button('保存').disabled]).toEqual([expect.anything(), true])
  })

  it('put a refusal beside its field, and ask before they are left', async () => {
    const asked = vi.fn(() => false)
    vi.stubGlobal('confirm', asked)
    const scene = await reception('general')
    net.refuses('routingSetSettings', problem(400, 'kit.bad_input', '填写的内容不符合要求。', { field: 'live_units' }))
    await figure('默认即时接待量', '9')
    await press(scene, '保存')
    expect(screen.getByText('填写的内容不符合要求。')).toBeTruthy()
    await scene.user.click(screen.getByRole('link', { name: '规则' }))
    await settled()
    expect([asked.mock.calls.length, where(), field('默认即时接待量').value]).toEqual([1, '/settings/reception?tab=general', '9'])
  })
})
