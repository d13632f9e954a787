import { expect, it } from 'vitest'
import type { AskedConsents } from '../../../../packages/api/src/generated/types.gen'
import { SESSION } from '../../../../packages/client/src/tests/far'
import { Far, fireEvent, openPanel, pass, person, ui, until } from './stage'

const ONE = { text_id: 't1', version: 2, required: true, title: '处理聊天内容', body: '我们保存聊天内容，用来答复您。', language: 'zh-CN', given_at: null }
const TWO = { ...ONE, text_id: 't2', version: 1, required: false, title: '接收新茶消息', body: '每月一次。' }
const told = (given: string[], items = [ONE, TWO]): AskedConsents => ({
  items: items.map((one) => ({ ...one, given_at: given.includes(one.text_id) ? '2026-11-22T04:00:00.000Z' : null })),
  due: items.some((one) => one.required && !given.includes(one.text_id)),
})
const card = () => ui.queryByRole('region', { name: '隐私与授权' })
const form = () => person.field().closest('form')!

function asks(consent: 'open' | 'due' | 'none', body: AskedConsents): Far {
  const far = new Far()
  far.session = { ...SESSION, consent }
  return far.gives('/outlook?site_key=kzp_1', { open: true, waiting: 0 }).gives('/consents', body)
}

it('asks before the first message, and has the field once what is required is agreed to', async () => {
  const far = asks('due', told([]))
  await openPanel({ far })
  await until(() => expect(card()).toBeTruthy())
  expect([form().hidden, ui.getByRole<HTMLButtonElement>('button', { name: '同意并继续' }).disabled]).toEqual([true, true])
  fireEvent.click(ui.getByLabelText('接收新茶消息（选填）'))
  await pass()
  expect(ui.getByRole<HTMLButtonElement>('button', { name: '同意并继续' }).disabled).toBe(true)
  fireEvent.click(ui.getByLabelText('接收新茶消息（选填）'))
  fireEvent.click(ui.getByLabelText('处理聊天内容'))
  await pass()
  far.gives('/consents', told(['t1']))
  fireEvent.submit(card()!.querySelector('form')!)
  await pass()
  expect(far.to('/consents').filter(({ method }) => method === 'PUT').map(({ body }) => body)).toEqual([
    { items: [{ text_id: 't1', version: 2, language: 'zh-CN' }] },
  ])
  await until(() => expect([card(), form().hidden]).toEqual([null, false]))
  // She finds again what she has agreed to, and withdraws it.
  await person.presses('隐私与授权')
  expect(card()!.textContent).toContain('今天已同意')
  far.gives('/consents/t1', told([]))
  await person.presses('撤回同意')
  await until(() => expect([form().hidden, !!card()]).toEqual([true, true]))
})

it('asks when a message is refused because it is worded anew, and sends it afterwards', async () => {
  const far = asks('none', told([], [ONE]))
  const panel = await openPanel({ far })
  expect(card()).toBeNull()
  far.onFrame = (frame, line) => {
    if (frame.type === 'send') line.say({ type: 'refused', ref: frame.client_id, code: 'consent.needed', title: '请先同意' })
  }
  await person.sends('你好')
  await until(() => expect(card()).toBeTruthy())
  far.onFrame = () => undefined
  far.gives('/consents', told(['t1'], [ONE]))
  await person.presses('同意并继续')
  await until(() => expect(panel.far.line.of('send').map(({ body }) => body)).toEqual(['你好', '你好']))
  expect(card()).toBeNull()
})
