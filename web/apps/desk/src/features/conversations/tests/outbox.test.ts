import { expect, it } from 'vitest'
import { acknowledged, arrived, change, kept, refused, restored, unacknowledged } from '../outbox'
import { message, pending } from './fixtures'

const box = [pending('one'), pending('two', { kind: 'note' })]

it('is replaced by the stored message of the same client_id and by no other', () => {
  expect(arrived(box, [message(7, { client_id: 'two' })])).toEqual([box[0]])
  expect(arrived(box, [message(7, { client_id: 'else' }), message(8)])).toBe(box)
})

it('waits for its `changed` after the acknowledgement where the conversation is watched', () => {
  const ack = { type: 'ack' as const, client_id: 'one', conversation_id: 'c1', seq: 7 }
  expect(acknowledged(box, ack, true)).toBe(box)
  expect(acknowledged(box, ack, false)).toEqual([box[1]])
})

it('is repeated word for word until acknowledged, in order, but not while failed or uploading', () => {
  const all = [...box, pending('up', { state: 'uploading' }), pending('bad', { state: 'failed' })]
  expect(unacknowledged(all)).toEqual([
    { type: 'send', client_id: 'one', conversation_id: 'c1', kind: 'text', body: 'one' },
    { type: 'send', client_id: 'two', conversation_id: 'c1', kind: 'note', body: 'two' },
  ])
})

it('keeps a refused message with the reason, for the reader to try again', () => {
  const told = refused(box, { type: 'refused', ref: 'one', code: 'conversations.closed', title: '会话已结束' })
  expect(told[0]).toMatchObject({ state: 'failed', reason: '会话已结束' })
  expect(unacknowledged(change(told, 'one', { state: 'sending' }))).toHaveLength(2)
})

it('asks about words once, and says that she means them', () => {
  const told = refused(box, { type: 'refused', ref: 'one', code: 'screening.warned', title: '请确认' })
  expect(told[0]).toMatchObject({ state: 'failed', code: 'screening.warned' })
  const [sure, plain] = unacknowledged(change(told, 'one', { state: 'sending', anyway: true }))
  expect(sure).toMatchObject({ client_id: 'one', anyway: true })
  expect(plain).not.toHaveProperty('anyway')
})

it('survives a reload, without the uploads whose bytes are gone', () => {
  const sent = pending('file', { file_id: 'f1', file: { name: 'a.png', media_type: 'image/png', size: 1, preview: 'blob:x' } })
  const lost = pending('lost', { state: 'failed', file: { name: 'b.png', media_type: 'image/png', size: 1 } })
  const back = restored(JSON.stringify(kept([...box, sent, lost, pending('up', { state: 'uploading' })])))
  expect(back.map((one) => one.client_id)).toEqual(['one', 'two', 'file'])
  expect(back[2]?.file?.preview).toBeUndefined()
})

it('starts empty where the browser kept something unreadable', () => {
  for (const text of [null, '', '{', '{}', '[1]', '[null]']) expect(restored(text)).toEqual([])
})
