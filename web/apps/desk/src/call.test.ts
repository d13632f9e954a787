import { conversationsAssign, workspacesGetMe } from '@kezhan/api'
import { beforeEach, describe, expect, it } from 'vitest'
import { carry, Fault, faultOf, ownHeaders, said, take } from './call'
import { router } from './router'
import { show } from './i18n'
import { net, me, place, soon } from './tests/stage'

const assign = (): Promise<unknown> => take(conversationsAssign({ path: { conversation_id: 'c1' }, body: {} }))
const faultIn = (work: Promise<unknown>): Promise<Fault> => work.then(() => expect.fail('it was carried out'), (thrown: Fault) => thrown)

beforeEach(() => carry(''))

describe('what a request carries', () => {
  it('is the proof that it comes from our page and the reader’s language, changed with it', async () => {
    net.answers('conversationsAssign', null)
    carry('csrf-9')
    await assign()
    await show('en')
    await assign()
    const [first, second] = net.asked('conversationsAssign').map((one) => one.headers)
    expect([first!.get('X-Kezhan-CSRF'), first!.get('Accept-Language')]).toEqual(['csrf-9', 'zh-CN'])
    expect(second!.get('Accept-Language')).toBe('en')
  })

  it('is no proof before anybody has signed in', async () => {
    net.answers('workspacesGetMe', me())
    await take(workspacesGetMe())
    expect(net.asked('workspacesGetMe')[0]!.headers.has('X-Kezhan-CSRF')).toBe(false)
    expect(ownHeaders()).toEqual({})
  })
})

describe('a request that was not carried out', () => {
  it('tells the server’s sentence, the field at fault and what to look for in the log', async () => {
    net.refuses('conversationsAssign', { status: 409, code: 'conversations.taken', title: '小周 已接入此会话。', field: 'member_id', trace: 'abc12' })
    const fault = await faultIn(assign())
    expect(fault).toMatchObject({ code: 'conversations.taken', status: 409, field: 'member_id' })
    expect(said(fault)).toBe('小周 已接入此会话。 (abc12)')
  })

  it('says that the server could not be reached, and that nothing is lost', async () => {
    net.breaks('conversationsAssign')
    const fault = await faultIn(assign())
    expect(fault).toMatchObject({ code: 'desk.unreachable', status: 0 })
    expect(said(fault)).toContain('已输入的内容还在')
  })

  it('leaves the desk for the door when nobody is signed in any more, and comes back here afterwards', async () => {
    await place(() => null, {}, { path: '/settings', lineOpen: false })
    net.refuses('conversationsAssign', { status: 401, code: 'workspaces.sign_in_needed', title: '请先登录。' })
    await faultIn(assign())
    await soon(() => expect(router.currentRoute.value).toMatchObject({ name: 'sign-in', query: { to: '/settings', over: '1' } }))
    expect(ownHeaders()).toEqual({})
  })

  it('does not leave for a refused sign-in: nobody was signed in', async () => {
    await router.push('/sign-in')
    net.refuses('conversationsAssign', { status: 401, code: 'workspaces.wrong_password', title: '密码不对。' })
    expect(said(await faultIn(assign()))).toBe('密码不对。')
    expect(router.currentRoute.value.query).toEqual({})
  })
})

it.each([
  [{ code: 'a.b', title: '不行' }, 403, 'a.b', '不行'],
  [{ code: 'a.b' }, 403, 'a.b', 'a.b'],
  [{ title: 'no code' }, 502, 'desk.unreadable', '502'],
  ['<html>Bad Gateway</html>', 502, 'desk.unreadable', '502'],
  [null, 500, 'desk.unreadable', '500'],
  [{ code: 7, title: {} }, 400, 'desk.unreadable', '400'],
  [undefined, 0, 'desk.unreachable', '连不上服务器'],
])('reads the refusal %j (%d) as %s', (body, status, code, words) => {
  const fault = faultOf(body, status)
  expect(fault.code).toBe(code)
  expect(said(fault)).toContain(words)
})

it('tells of a mistake of our own page without its insides', () => {
  expect(said(new TypeError('x is undefined'))).not.toContain('undefined')
  expect(said('odd')).toContain('没有丢失')
})
