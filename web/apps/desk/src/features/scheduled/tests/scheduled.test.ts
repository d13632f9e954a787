import type { ScheduledView } from '@kezhan/api'
import { screen, within } from '@testing-library/vue'
import { describe, expect, it } from 'vitest'
import { press, problem, write } from '../../../tests/hands'
import { ME, net, settled, soon, type Scene } from '../../../tests/stage'
import { message } from '../../conversations/tests/fixtures'
import { openThread } from '../../conversations/tests/scene'
import { moments } from '../moments'

const later = (id: string, more: Partial<ScheduledView> = {}): ScheduledView => ({
  id, conversation_id: 'c1', member_id: ME, member_name: '小林', contact_name: '', body: `内容 ${id}`, original: '', files: [], quote_seq: null, copies: [],
  at: '2096-11-23T01:00:00.000Z', hold: true, state: 'waiting', fault: '', ...more,
})
const lines = (): string[] => within(screen.getByRole('region', { name: '定时消息' })).getAllByRole('listitem').map((one) => one.textContent)

async function talk(items: ScheduledView[], props = {}): Promise<Scene> {
  net.answers('scheduledList', { items })
  const scene = await openThread([message(1)], { props })
  await settled()
  return scene
}

describe('the moments offered', () => {
  it.each([
    ['Asia/Shanghai', '2026-11-23T04:00:30Z', { hour: '2026-11-23T05:01:00.000Z', evening: '2026-11-23T10:00:00.000Z', tomorrow: '2026-11-24T01:00:00.000Z', monday: '2026-11-30T01:00:00.000Z' }],
    ['America/New_York', '2026-03-07T18:00:00Z', { hour: '2026-03-07T19:00:00.000Z', evening: '2026-03-07T23:00:00.000Z', tomorrow: '2026-03-08T13:00:00.000Z', monday: '2026-03-09T13:00:00.000Z' }],
    ['Asia/Kolkata', '2026-11-29T12:00:00Z', { hour: '2026-11-29T13:00:00.000Z', tomorrow: '2026-11-30T03:30:00.000Z' }],
  ])('are those of the clocks of %s', (zone, now, wanted) => {
    const found = Object.fromEntries(moments(new Date(now), zone).map(({ name, at }) => [name, at.toISOString()]))
    expect(found).toEqual(wanted)
  })
})

describe('what is to be sent later', () => {
  it('is kept from the composer once, files with it, and the field is free again', async () => {
    const scene = await talk([])
    net.refuses('scheduledPut', problem(409, 'scheduled.past', '选择的时间已经过去', { field: 'at' }))
    await scene.user.type(screen.getByRole('textbox'), '明天给您报价')
    await press(scene, '定时发送')
    const dialog = await screen.findByRole('dialog')
    expect(within(dialog).getByLabelText<HTMLTextAreaElement>('内容').value).toBe('明天给您报价')
    await press(scene, /一小时后/)
    await soon(() => expect(within(dialog).getByText('选择的时间已经过去')).toBeTruthy())
    net.answers('scheduledPut', null)
    await press(scene, /明天 9:00/)
    await soon(() => expect(screen.queryByRole('dialog')).toBeNull())
    const [first, second] = net.asked('scheduledPut')
    expect(second!.path).toEqual(first!.path)
    expect(second!.body).toMatchObject({ body: '明天给您报价', hold: true, file_ids: [], quote_seq: null })
    expect(screen.getByRole<HTMLTextAreaElement>('textbox').value).toBe('')
    expect(net.saidOf('send')).toEqual([])
  })

  it('stands in the foot: hers to change, colleagues’ to see, held with the reason', async () => {
    const file = { id: 'f', name: 'a.txt', media_type: 'text/plain', size: 1, thumbnail: false }
    const scene = await talk([
      later('1', { member_id: 'other', member_name: '老王' }),
      later('2', { state: 'held', fault: 'customer_wrote', files: [file] }),
    ])
    const [theirs, mine] = lines()
    expect(theirs).toContain('老王 写的')
    expect(mine).toMatch(/没有发出.*客户在这之后又说了话.*内容 2 · 附件 1 个/)
    expect(screen.getAllByRole('button', { name: '操作' })).toHaveLength(1)
    net.answers('scheduledSend', null)
    net.answers('scheduledCancel', undefined)
    await press(scene, '现在发送')
    expect(net.asked('scheduledSend').map(({ path }) => path.scheduled_id)).toEqual(['2'])
    await press(scene, '操作')
    await scene.user.click(screen.getByRole('menuitem', { name: '取消' }))
    expect(await screen.findByText('取消这条定时消息？附件会一并删除。')).toBeTruthy()
    await scene.user.click(within(screen.getByRole('dialog')).getByRole('button', { name: '取消' }))
    await soon(() => expect(net.asked('scheduledCancel')).toHaveLength(1))
  })

  it('is changed in place; a cancelled one can be had back', async () => {
    const scene = await talk([later('1')])
    net.answers('scheduledPut', null)
    net.answers('scheduledCancel', undefined)
    await press(scene, '操作')
    await scene.user.click(screen.getByRole('menuitem', { name: '修改' }))
    await screen.findByRole('dialog')
    await write('内容', '改过')
    await press(scene, '保存修改')
    await soon(() => expect(net.asked('scheduledPut')).toHaveLength(1))
    const [changed] = net.asked('scheduledPut')
    expect([changed!.path.scheduled_id, (changed!.body as { body: string }).body]).toEqual(['1', '改过'])
    await press(scene, '操作')
    await scene.user.click(screen.getByRole('menuitem', { name: '取消' }))
    await scene.user.click(await screen.findByRole('button', { name: '撤销' }))
    await soon(() => expect(net.asked('scheduledPut')).toHaveLength(2))
    expect(net.asked('scheduledPut')[1]!.body).toMatchObject({ body: '内容 1', hold: true })
  })

  it('is read anew when something becomes of it, and its writer is told where she is', async () => {
    await talk([later('1')])
    net.answers('scheduledList', { items: [later('1', { state: 'held', fault: 'window_closed' })] })
    net.tell({ type: 'scheduled', conversation_id: 'c1', member_id: ME, held: true })
    await soon(() => expect(lines()[0]).toContain('平台允许回复的时间已过'))
    expect(await screen.findByText('你的一条定时消息没有发出')).toBeTruthy()
    net.tell({ type: 'scheduled', conversation_id: 'c1', member_id: 'other', held: true })
    await settled()
    expect(screen.getAllByText('你的一条定时消息没有发出')).toHaveLength(1)
  })
})
