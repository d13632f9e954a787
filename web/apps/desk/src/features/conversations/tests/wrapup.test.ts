import type { WrapUpView } from '@kezhan/api'
import { fireEvent, screen, within } from '@testing-library/vue'
import { describe, expect, it } from 'vitest'
import { problem } from '../../../tests/hands'
import { net, settled, type Scene } from '../../../tests/stage'
import { changed, head, message } from './fixtures'
import { openThread } from './scene'

const form: NonNullable<WrapUpView['form']> = {
  id: 'f1', team_id: null, version: 2, saved_at: '2026-11-22T08:00:00.000Z',
  fields: [
    { id: 'why', kind: 'text', label: '原因', required: true, choices: [] },
    { id: 'more', kind: 'text', label: '备注', required: false, choices: [] },
  ],
}
const asked = (more: Partial<WrapUpView> = {}): WrapUpView => ({ form, values: {}, state: 'none', at: null, ...more })
const dialog = (): HTMLElement => screen.getByRole('dialog')
const field = (label: string): HTMLInputElement => within(dialog()).getByLabelText(label)

async function ending(more: Partial<WrapUpView> = {}): Promise<Scene> {
  net.answers('conversationsWrapUp', asked(more))
  const scene = await openThread([message(1)])
  await scene.user.click(screen.getByText('结束会话'))
  await settled()
  return scene
}

describe('at the end', () => {
  it('what is asked is filled in first, and goes with the end', async () => {
    net.answers('conversationsClose', null)
    const { user } = await ending({ values: { more: '在查' }, state: 'draft' })
    expect(field('备注').value).toBe('在查')
    await fireEvent.update(field('原因'), '物流')
    await user.click(within(dialog()).getByRole('button', { name: '结束会话' }))
    await settled()
    expect(net.asked('conversationsClose').map(({ body }) => body)).toEqual([{ form_id: 'f1', version: 2, values: { more: '在查', why: '物流' } }])
    expect(await screen.findByText('会话已结束')).toBeTruthy()
  })

  it('a missing answer is named beside its field, and nothing is lost', async () => {
    net.refuses('conversationsClose', problem(409, 'forms.missing', '请先填写“原因”。', { field: 'why' }))
    const { user } = await ending()
    await fireEvent.update(field('备注'), '好')
    await user.click(within(dialog()).getByRole('button', { name: '结束会话' }))
    await settled()
    expect(within(dialog()).getByText('请先填写“原因”。')).toBeTruthy()
    expect(field('备注').value).toBe('好')
  })

  it('that somebody else has brought about is told, and what was filled in stays', async () => {
    net.answers('conversationsPutWrapUp', null)
    const { user } = await ending()
    await fireEvent.update(field('原因'), '物流')
    net.tell(changed(1, 2, { head: head({ state: 'closed', rev: 2 }) }))
    expect(await within(dialog()).findByText(/同事刚刚结束了这个会话/)).toBeTruthy()
    expect(field('原因').value).toBe('物流')
    await user.click(within(dialog()).getByRole('button', { name: '保存' }))
    await settled()
    expect(net.asked('conversationsPutWrapUp').map(({ body }) => body)).toEqual([{ form_id: 'f1', version: 2, values: { why: '物流' } }])
  })

  it('what was written is kept where she goes on talking; nothing written, nothing is sent', async () => {
    net.answers('conversationsPutWrapUp', null)
    const { user } = await ending()
    await user.click(within(dialog()).getByRole('button', { name: '先保留' }))
    await settled()
    expect(net.asked('conversationsPutWrapUp')).toEqual([])
    await user.click(screen.getByText('结束会话'))
    await settled()
    await fireEvent.update(field('备注'), '在查')
    await user.click(within(dialog()).getByRole('button', { name: '先保留' }))
    await settled()
    expect(net.asked('conversationsPutWrapUp').map(({ body }) => body)).toEqual([{ form_id: 'f1', version: 2, values: { more: '在查' } }])
  })
})

it('stands below what has ended, and can be added where it was left out', async () => {
  net.answers('conversationsWrapUp', asked({ values: { why: '物流' }, state: 'left_out' }))
  net.answers('conversationsPutWrapUp', null)
  const { user } = await openThread([message(1)], { snapshot: { head: head({ state: 'closed', closed_at: '2026-11-22T09:00:00.000Z' }) } })
  const card = await screen.findByRole('region', { name: '会话小结' })
  expect(card.textContent).toMatch(/未填写.*原因物流/)
  await user.click(within(card).getByRole('button', { name: '补填' }))
  await settled()
  await fireEvent.submit(field('原因').closest('form')!)
  await settled()
  expect(net.asked('conversationsPutWrapUp')).toHaveLength(1)
})
