import type { Finding } from '@kezhan/api'
import { fireEvent, screen, within } from '@testing-library/vue'
import { describe, expect, it, vi } from 'vitest'
import { alerts, button, press, problem, where, write } from '../../../tests/hands'
import { agentMay, me, net, settled, type Scene } from '../../../tests/stage'
import { night, policy, reception, settings, vip } from './playing'

const rows = (): HTMLElement[] => within(screen.getByRole('list', { name: '分配规则' })).getAllByRole('switch').map((one) => one.closest('li') as HTMLElement)
const names = (): string[] => rows().map((row) => row.querySelector('p span[title]')?.textContent ?? '')
const warning = (rule_id: string, title: string): Finding => ({ level: 'warning', rule_id, code: 'team_empty', title })
const sent = (): string[] => (net.asked('routingSavePolicy').at(-1)?.body?.policy.rules ?? []).map(({ name }) => name)
const down = (scene: Scene): Promise<void> => press(scene, '把“VIP 优先”下移')

describe('the rules', () => {
  it('stand in their order as sentences, with everybody behind them', async () => {
    await reception('rules')
    expect(names()).toEqual(['VIP 优先', '夜里'])
    expect(rows()[0]?.textContent).toContain('高级组，需 英语≥3')
    expect([screen.getByText(/^其余 → 所有人/), button('保存').disabled, button('预览').disabled]).toEqual([expect.anything(), true, true])
  })

  it('are moved by the arrows, which keep the focus and say where it stands', async () => {
    const scene = await reception('rules')
    expect([button('把“VIP 优先”上移').disabled, button('把“夜里”下移').disabled]).toEqual([true, true])
    await down(scene)
    expect([names(), screen.getByText('“VIP 优先”现在是第 2 位')]).toEqual([['夜里', 'VIP 优先'], expect.anything()])
    expect(document.activeElement?.getAttribute('aria-label')).toBe('把“VIP 优先”上移')
    expect([button('保存').disabled, screen.getByText('有未保存的更改')]).toEqual([false, expect.anything()])
  })

  it('are moved by dragging one over another', async () => {
    await reception('rules')
    const handle = rows()[1]!.querySelector('[draggable]')!
    await fireEvent.dragStart(handle)
    await fireEvent.dragOver(rows()[0]!)
    await fireEvent.dragEnd(handle)
    expect(names()).toEqual(['夜里', 'VIP 优先'])
  })

  it('are saved as they stand, from the version they were read as', async () => {
    const scene = await reception('rules')
    net.answers('routingSavePolicy', { version: 5, findings: [] })
    await down(scene)
    net.answers('routingGetPolicy', policy(5, night, vip))
    await press(scene, '保存')
    expect(net.asked('routingSavePolicy').map(({ body }) => [body?.version, body?.despite])).toEqual([[4, false]])
    expect([sent(), screen.getByText('已保存'), screen.getByText('第 5 版'), button('保存').disabled]).toEqual([['夜里', 'VIP 优先'], expect.anything(), expect.anything(), true])
  })

  it('are switched off without being lost', async () => {
    const scene = await reception('rules')
    net.answers('routingSavePolicy', { version: 5, findings: [] })
    await scene.user.click(screen.getByRole('switch', { name: '启用“夜里”' }))
    await press(scene, '保存')
    expect(net.asked('routingSavePolicy')[0]?.body?.policy.rules?.map(({ active }) => active)).toEqual([true, false])
  })

  it('with errors are not saved, and each says what is wrong', async () => {
    const scene = await reception('rules')
    net.answers('routingSavePolicy', { version: null, findings: [{ level: 'error', rule_id: 'rule-night', code: 'overflow_circular', title: '“夜里”的第 1 步又回到客户已在排队的地方。' }] })
    await down(scene)
    await press(scene, '保存')
    expect(alerts()).toEqual([expect.stringContaining('没有保存，有 1 处需要修改')])
    expect([rows()[0]?.textContent, rows()[1]?.textContent]).toEqual([expect.stringContaining('又回到客户已在排队的地方'), expect.not.stringContaining('又回到')])
    expect([screen.queryByRole('dialog'), screen.getByText('没有保存')]).toEqual([null, expect.anything()])
  })

  it('with warnings are asked about once, and saved when that is said', async () => {
    const scene = await reception('rules')
    const findings = [warning('rule-vip', '“VIP 优先”分给小组“高级组”，但组内没有人接待客户。')]
    net.answers('routingSavePolicy', ({ body }) => ({ version: body.despite ? 5 : null, findings }))
    await down(scene)
    await press(scene, '保存')
    const dialog = within(screen.getByRole('dialog', { name: '保存前请确认' }))
    expect(dialog.getByText(/组内没有人接待客户/)).toBeTruthy()
    await scene.user.click(dialog.getByRole('button', { name: '仍然保存' }))
    await settled()
    expect(net.asked('routingSavePolicy').map(({ body }) => body?.despite)).toEqual([false, true])
    expect([screen.queryByRole('dialog'), screen.getByText('已保存')]).toEqual([null, expect.anything()])
  })

  it('that somebody has overtaken say so, stay as they are, and can be read anew', async () => {
    const scene = await reception('rules')
    net.refuses('routingSavePolicy', problem(409, 'routing.policy_changed', '期间有人保存了新版本。'))
    await down(scene)
    await press(scene, '保存')
    expect([alerts(), names()]).toEqual([[expect.stringContaining('期间有人保存了新版本')], ['夜里', 'VIP 优先']])
    const asked = vi.fn(() => true)
    vi.stubGlobal('confirm', asked)
    net.answers('routingGetPolicy', policy(6, night))
    await press(scene, '载入最新版本')
    expect([asked.mock.calls.length, names(), alerts(), button('保存').disabled]).toEqual([1, ['夜里'], [], true])
  })

  it.each([
    ['policy.rules[1].name', '夜里'],
    ['policy.rules[0].overflow[0].after_seconds', 'VIP 优先'],
  ])('that are no form at %s are told so beside the rule', async (at, name) => {
    const scene = await reception('rules')
    net.refuses('routingSavePolicy', problem(400, 'kit.bad_input', '填写的内容不符合要求。', { field: at }))
    await scene.user.click(screen.getByRole('switch', { name: '启用“夜里”' }))
    await press(scene, '保存')
    const told = rows().filter((row) => row.textContent.includes('不符合要求'))
    expect(told.map((row) => row.querySelector('p span[title]')?.textContent)).toEqual([name])
  })

  it('ask before they are left with changes, and only then', async () => {
    const asked = vi.fn(() => false)
    vi.stubGlobal('confirm', asked)
    const scene = await reception('rules')
    await down(scene)
    const leave = (): Promise<void> => scene.user.click(screen.getByRole('link', { name: '坐席' })).then(settled)
    await leave()
    expect([asked.mock.calls.length, where(), names()]).toEqual([1, '/settings/reception?tab=rules', ['夜里', 'VIP 优先']])
    await press(scene, '把“VIP 优先”上移')
    await leave()
    expect([asked.mock.calls.length, where()]).toEqual([1, '/settings/reception?tab=seats'])
  })

  it('cannot be read by who does not run reception', async () => {
    net.answers('workspacesGetMe', me({ permissions: agentMay }))
    const { visit } = await import('../../../tests/stage')
    net.answersIfSilent('channelsList', { items: [] })
    net.answersIfSilent('channelsKinds', { items: [] })
    await visit('/settings/reception')
    expect([where(), screen.queryByText('接待')]).toEqual([expect.not.stringContaining('reception'), null])
  })
})

describe('one rule', () => {
  it('needs a name nobody else has, and is put at the end', async () => {
    const scene = await reception('rules')
    await press(scene, '添加规则')
    await press(scene, '完成')
    expect(screen.getByText('请填写规则名称。')).toBeTruthy()
    await write('规则名称', ' 夜里 ')
    expect(screen.getByText('已有同名的规则，请换一个名称。')).toBeTruthy()
    await write('规则名称', ' 周末 ')
    await press(scene, '完成')
    expect([names(), screen.queryByRole('dialog')]).toEqual([['VIP 优先', '夜里', '周末'], null])
  })

  it('is edited on a sheet, and changes nothing before it is done', async () => {
    vi.stubGlobal('confirm', () => true)
    const scene = await reception('rules')
    const edit = (): Promise<void> => press(scene, '编辑“夜里”')
    await edit()
    await write('规则名称', '深夜')
    await press(scene, '取消')
    expect(names()).toEqual(['VIP 优先', '夜里'])
    await edit()
    const dialog = within(screen.getByRole('dialog'))
    await fireEvent.update(dialog.getByLabelText('优先级'), '8')
    await fireEvent.change(dialog.getByLabelText('优先级'))
    await scene.user.click(dialog.getByRole('button', { name: '添加一步' }))
    await scene.user.click(dialog.getByRole('checkbox', { name: '请客户留言' }))
    await scene.user.click(dialog.getByRole('button', { name: '负载最低' }))
    await press(scene, '完成')
    expect(rows()[1]?.textContent).toContain('优先轮流，其次负载最低，优先级 8')
    expect(rows()[1]?.textContent).toContain('60 秒后加入所有人，请客户留言')
  })

  it('is copied under a name of its own, and removed from the draft', async () => {
    const scene = await reception('rules')
    await press(scene, '复制“VIP 优先”')
    await press(scene, '完成')
    expect(names()).toEqual(['VIP 优先', '夜里', 'VIP 优先 副本'])
    await press(scene, '移除“VIP 优先”')
    expect([names(), net.asked('routingSavePolicy')]).toEqual([['夜里', 'VIP 优先 副本'], []])
  })

  it('has its orders moved by keys', async () => {
    const scene = await reception('rules')
    await press(scene, '编辑“VIP 优先”')
    button('第 2 位：负载最低').focus()
    await scene.user.keyboard('{ArrowLeft}')
    expect([button('第 1 位：负载最低') === document.activeElement, button('第 2 位：上次客服')]).toEqual([true, expect.anything()])
    await press(scene, '去掉 上次客服')
    await press(scene, '完成')
    expect(rows()[0]?.textContent).toMatch(/英语≥3、优先负载最低、20 秒/)
  })
})

describe('the preview', () => {
  it('shows each rule now and then, who would have gone elsewhere, and what it rests on', async () => {
    const scene = await reception('rules')
    net.answers('routingPreviewPolicy', {
      looked_at: 40, moved: 3,
      rules: [{ rule_id: 'rule-night', name: '夜里', now: 2, then: 5 }, { rule_id: '0', name: '', now: 38, then: 35 }],
      examples: [
        { conversation_id: 'v1', contact_name: '陈女士', contact_number: '000001', channel: 'webchat', at: '2026-11-20T01:00:00.000Z', from_rule: '', to_rule: '夜里' },
        { conversation_id: 'v2', contact_name: '', contact_number: '000002', channel: 'webchat', at: '2026-11-20T01:00:00.000Z', from_rule: '夜里', to_rule: '夜里' },
      ],
    })
    await down(scene)
    await press(scene, '预览')
    const dialog = within(screen.getByRole('dialog'))
    expect(net.asked('routingPreviewPolicy')[0]?.body?.policy.rules?.map(({ name }) => name)).toEqual(['夜里', 'VIP 优先'])
    expect(dialog.getAllByRole('row').slice(1).map((row) => row.textContent)).toEqual(['夜里25+3', '其余客户3835−3'])
    expect([dialog.getByText(/按今天已知的客户信息推算/), dialog.getByText('3').parentElement?.textContent]).toEqual([expect.anything(), expect.stringContaining('共看了 40 个')])
    expect(dialog.getAllByRole('listitem').map((one) => one.textContent)).toEqual([expect.stringContaining('其余客户 → 夜里'), expect.stringContaining('夜里（规则本身有改动）')])
    expect(dialog.getByRole('link', { name: '陈女士' }).getAttribute('href')).toBe('/conversations/all/v1')
    expect(net.asked('routingSavePolicy')).toEqual([])
  })

  it('says that there is nothing to look at, and why it cannot look', async () => {
    const scene = await reception('rules')
    net.answers('routingPreviewPolicy', { looked_at: 0, moved: 0, rules: [], examples: [] })
    await down(scene)
    await press(scene, '预览')
    expect(screen.getByText('过去 7 天没有会话')).toBeTruthy()
    await press(scene, '返回修改')
    net.refuses('routingPreviewPolicy', problem(400, 'kit.bad_input', '填写的内容不符合要求。', { field: 'policy.rules[0].name' }))
    await press(scene, '预览')
    expect([screen.queryByRole('dialog'), rows()[0]?.textContent]).toEqual([null, expect.stringContaining('不符合要求')])
  })
})

it('brings back an old version as a draft, which is saved like any other', async () => {
  const scene = await reception('rules')
  net.answers('routingListPolicies', [policy(4, vip, night), policy(3, night), { ...policy(2), saved_by: '' }])
  await press(scene, '历史版本')
  const dialog = within(screen.getByRole('dialog'))
  expect(dialog.getAllByRole('listitem').map((one) => one.textContent)).toEqual([
    expect.stringMatching(/第 4 版.*沈青山 · VIP 优先、夜里.*使用中/s), expect.stringMatching(/第 3 版.*夜里/s), expect.stringMatching(/第 2 版.*系统 · 其余客户/s),
  ])
  await scene.user.click(dialog.getByRole('button', { name: '把第 3 版载入为草稿' }))
  await settled()
  net.answers('routingSavePolicy', { version: 5, findings: [] })
  expect([names(), screen.queryByRole('dialog'), button('保存').disabled]).toEqual([['夜里'], null, false])
  await press(scene, '保存')
  expect([net.asked('routingSavePolicy')[0]?.body?.version, sent()]).toEqual([4, ['夜里']])
})

it('says that nothing is assigned where everything is taken by hand', async () => {
  net.answers('routingGetSettings', { ...settings, automatic: false })
  await reception('rules')
  expect(screen.getByText('现在不会自动分配')).toBeTruthy()
})

it.each([
  ['rules', 'routingGetPolicy'],
  ['seats', 'routingListSeats'],
  ['limits', 'routingListWeights'],
  ['general', 'routingGetSettings'],
] as const)('says on %s that %s cannot be read, and reads it when asked again', async (tab, call) => {
  net.breaks(call)
  const scene = await reception(tab)
  expect(alerts()).toEqual([expect.stringContaining('暂时连不上服务器')])
  net.answers(call, call === 'routingGetPolicy' ? policy(1, night) : call === 'routingGetSettings' ? settings : ({ items: [] } as never))
  await press(scene, '重试')
  expect(alerts()).toEqual([])
})
