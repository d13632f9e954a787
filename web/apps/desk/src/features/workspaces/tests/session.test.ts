import { expect, it } from 'vitest'
import { ownHeaders } from '../../../call'
import { problem } from '../../../tests/hands'
import { me, net } from '../../../tests/stage'
import { useSession } from '..'

const GONE = problem(401, 'workspaces.sign_in_needed', '请先登录。')

it('asks once who is signed in, however many want to know', async () => {
  net.answers('workspacesGetMe', me())
  const session = useSession()
  const [one, other] = await Promise.all([session.load(), session.load()])
  expect([one?.name, one === other, await session.load(), net.asked('workspacesGetMe').length]).toEqual(['小林', true, one, 1])
})

it('asks again after an answer of nobody', async () => {
  net.refuses('workspacesGetMe', GONE)
  const session = useSession()
  expect(await session.load()).toBeNull()
  net.answers('workspacesGetMe', me())
  expect((await session.load())?.name).toBe('小林')
})

it('does not take a server that is away for nobody, and asks again later', async () => {
  net.breaks('workspacesGetMe')
  const session = useSession()
  await expect(session.load()).rejects.toMatchObject({ code: 'desk.unreachable', status: 0 })
  net.answers('workspacesGetMe', me())
  expect((await session.load())?.name).toBe('小林')
})

it('knows what somebody may do, and that nobody may do anything', async () => {
  const session = useSession()
  expect(session.may('contact.read')).toBe(false)
  net.answers('workspacesGetMe', me({ permissions: ['contact.read'] }))
  await session.load()
  expect([session.may('contact.read'), session.may('contact.write')]).toEqual([true, false])
})

it('proves itself to the server from signing in until it is forgotten', async () => {
  const session = useSession()
  net.answers('workspacesSignIn', me({ csrf: 'one' }))
  await session.signIn('a@b.example', 'x')
  expect(ownHeaders()).toEqual({ 'X-Kezhan-CSRF': 'one' })
  net.answers('workspacesSwitchWorkspace', me({ csrf: 'two' }))
  await session.switchTo('w2')
  expect(ownHeaders()).toEqual({ 'X-Kezhan-CSRF': 'two' })
  session.forget()
  expect([ownHeaders(), session.me, session.name]).toEqual([{}, null, ''])
})

it('keeps who is signed in when signing out fails', async () => {
  const session = useSession()
  net.answers('workspacesSignIn', me())
  await session.signIn('a@b.example', 'x')
  net.breaks('workspacesSignOut')
  await expect(session.signOut()).rejects.toMatchObject({ status: 0 })
  expect([session.name, ownHeaders()]).toEqual(['小林', { 'X-Kezhan-CSRF': 'csrf-1' }])
})

it('finds out whether the session still lives, and does not guess', async () => {
  const session = useSession()
  net.answers('workspacesGetMe', me())
  expect(await session.check()).toBe(true)
  net.refuses('workspacesGetMe', GONE)
  expect(await session.check()).toBe(false)
  net.refuses('workspacesGetMe', problem(503, 'kit.busy', '系统正忙。'))
  await expect(session.check()).rejects.toMatchObject({ status: 503 })
})
