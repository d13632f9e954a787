import { expect, it } from 'vitest'
import { Fault } from '../../call'
import { show } from '../../i18n'
import { useForm } from './forms'

it('puts a refusal beside the field it names, and every other one above the form', async () => {
  const form = useForm(['email'])
  expect(await form.send(() => Promise.reject(new Fault('x', 'Not an address', 400, 'email')))).toBe(false)
  expect([form.faults.value, form.fault.value]).toEqual([{ email: 'Not an address' }, ''])
  await form.send(() => Promise.reject(new Fault('x', 'Too many', 429, 'other')))
  expect([form.faults.value, form.fault.value]).toEqual([{}, 'Too many'])
})

it('sends once where it is asked twice', async () => {
  const form = useForm()
  let sent = 0
  const slow = (): Promise<void> => new Promise((done) => setTimeout(() => done(void (sent += 1)), 5))
  expect(await Promise.all([form.send(slow), form.send(slow)])).toEqual([true, false])
  expect([sent, form.busy.value]).toEqual([1, false])
})

it('says in plain words that something of ours went wrong', async () => {
  await show('en')
  const form = useForm()
  await form.send(() => Promise.reject(new TypeError('x is undefined')))
  expect(form.fault.value).not.toContain('undefined')
  expect(form.fault.value).not.toBe('')
})
