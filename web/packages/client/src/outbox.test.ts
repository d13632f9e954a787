import { expect, it } from 'vitest'
import { Outbox, OUTBOX_CAP } from './outbox.ts'
import { memoryStore } from './store.ts'

const sent = (outbox: Outbox) => outbox.next().map(({ client_id }) => client_id)

it('survives a reload in the order of sending, whatever the names are', () => {
  const store = memoryStore()
  const before = new Outbox(store)
  for (const id of ['z', 'm', 'a']) before.add(id, { body: id })
  before.next()
  expect(sent(new Outbox(store))).toEqual(['z', 'm', 'a'])
})

it('sends again what was under way when the line broke, and nothing that is acknowledged', () => {
  const store = memoryStore()
  const outbox = new Outbox(store)
  outbox.add('one', {})
  outbox.add('two', {})
  sent(outbox)
  outbox.acknowledge('one')
  outbox.rewind()
  expect(sent(outbox)).toEqual(['two'])
  expect(new Outbox(store).entries.map(({ client_id }) => client_id)).toEqual(['two'])
})

it('shows an acknowledged message until the thread brings it', () => {
  const outbox = new Outbox(memoryStore())
  outbox.add('one', {})
  outbox.acknowledge('one')
  expect(outbox.entries[0]?.state).toBe('sent')
  outbox.remove('one')
  outbox.remove('one')
  expect(outbox.entries).toEqual([])
})

it('lets forty be under way and refuses the one above its cap', () => {
  const outbox = new Outbox(memoryStore())
  for (let n = 0; n < OUTBOX_CAP; n++) outbox.add(`m${n}`, {})
  expect(outbox.add('more', {})).toBeNull()
  expect(sent(outbox)).toHaveLength(40)
  expect(sent(outbox)).toHaveLength(0)
  outbox.acknowledge('m0')
  expect(sent(outbox)).toEqual(['m40'])
})

it('keeps a failed one failed over a reload until somebody tries again', () => {
  const store = memoryStore()
  new Outbox(store).add('one', {})
  const outbox = new Outbox(store)
  outbox.fail('one', 'no')
  const later = new Outbox(store)
  expect([later.next(), later.entries[0]?.title]).toEqual([[], 'no'])
  later.retry('one')
  expect(sent(later)).toEqual(['one'])
})

it('clears away what it cannot read', () => {
  const store = memoryStore({ 'out.x': '{', token: 't' })
  expect(new Outbox(store).entries).toEqual([])
  expect(store.keys()).toEqual(['token'])
})
