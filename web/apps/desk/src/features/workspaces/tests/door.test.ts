import type { InvitationOffer } from '@kezhan/api'
import { screen } from '@testing-library/vue'
import { beforeEach, describe, expect, it } from 'vitest'
import { alerts, beside, button, choose, comesTo, field, press, problem, where, write } from '../../../tests/hands'
import { me, net, place, settled, type Scene } from '../../../tests/stage'
import JoinPage from '../pages/JoinPage.vue'
import SetupPage from '../pages/SetupPage.vue'
import SignInPage from '../pages/SignInPage.vue'
import UnreachablePage from '../pages/UnreachablePage.vue'
import { useSession } from '..'

const at = (page: unknown, path: string, language: 'zh-CN' | 'en' = 'zh-CN'): Promise<Scene> => place(page as never, {}, { path, language, lineOpen: false })

// Nobody is signed in.
beforeEach(() => net.refuses('workspacesGetMe', problem(401, 'workspaces.sign_in_needed', '请先登录。')))

describe('signing in', () => {
  const signIn = async (scene: Scene, email = 'lin@tea.example'): Promise<void> => {
    await write('邮箱', email)
    await write('密码', 'dragon-well-1')
    await press(scene, '登录')
  }

  it('sends what was typed, the address without blanks, and knows who came in', async () => {
    net.answers('workspacesSignIn', me({ name: '小林' }))
    await signIn(await at(SignInPage, '/sign-in'), ' lin@tea.example ')
    expect(net.asked('workspacesSignIn').map(({ body }) => body)).toEqual([{ email: 'lin@tea.example', password: 'dragon-well-1' }])
    await comesTo('/conversations/mine')
    expect(useSession().name).toBe('小林')
  })

  it.each([
    ['/contacts/c1?tab=a', '/contacts/c1?tab=a'],
    ['//evil.example/x', '/conversations/mine'],
    ['https://evil.example', '/conversations/mine'],
    ['/\\evil.example', '/conversations/mine'],
    ['javascript:alert(1)', '/conversations/mine'],
    ['', '/conversations/mine'],
  ])('asked to go on to %s, goes to %s', async (to, goal) => {
    net.answers('workspacesSignIn', me())
    await signIn(await at(SignInPage, `/sign-in?to=${encodeURIComponent(to)}`))
    await comesTo(goal)
  })

  it.each([
    problem(401, 'workspaces.wrong_password', '邮箱或密码不正确。'),
    problem(429, 'workspaces.too_many_attempts', '尝试次数过多，请在 15 分钟后再试。'),
    problem(403, 'workspaces.no_workspace', '这个账号目前不属于任何企业空间，请联系管理员重新邀请。'),
  ])('says $code in the server’s words and keeps what was typed', async (fault) => {
    net.refuses('workspacesSignIn', fault)
    await signIn(await at(SignInPage, '/sign-in'))
    expect(alerts()).toEqual([fault.title])
    expect([field('邮箱').value, field('密码').value, useSession().me]).toEqual(['lin@tea.example', 'dragon-well-1', null])
    expect(where()).toBe('/sign-in')
  })

  it('shows the trace number of a fault of ours, for the administrator', async () => {
    net.refuses('workspacesSignIn', problem(500, 'kit.fault', '系统出错了。', { trace: '7f3a' }))
    await signIn(await at(SignInPage, '/sign-in'))
    expect(alerts()).toEqual(['系统出错了。 (7f3a)'])
  })

  it('takes a second try after a refusal, and forgets the first fault', async () => {
    net.refuses('workspacesSignIn', problem(401, 'workspaces.wrong_password', '邮箱或密码不正确。'))
    const scene = await at(SignInPage, '/sign-in')
    await signIn(scene)
    const tell = net.holds('workspacesSignIn')
    await press(scene, '登录')
    expect(alerts()).toEqual([])
    tell(me())
    await settled()
    await comesTo('/conversations/mine')
  })

  it('says that the server cannot be reached', async () => {
    net.breaks('workspacesSignIn')
    await signIn(await at(SignInPage, '/sign-in'))
    expect(alerts().join()).toContain('暂时连不上服务器')
    expect(field('密码').value).toBe('dragon-well-1')
  })

  it('sends once, however often the button is pressed', async () => {
    const tell = net.holds('workspacesSignIn')
    const scene = await at(SignInPage, '/sign-in')
    await signIn(scene)
    await press(scene, '登录')
    await scene.user.type(field('密码'), '{Enter}')
    tell(me())
    await settled()
    expect(net.asked('workspacesSignIn')).toHaveLength(1)
  })

  it('sends nothing without an address and a password', async () => {
    const scene = await at(SignInPage, '/sign-in')
    await press(scene, '登录')
    await write('邮箱', 'no address')
    await write('密码', 'x')
    await press(scene, '登录')
    expect([net.unknown, net.asked('workspacesSignIn')]).toEqual([[], []])
  })

  it('tells why somebody stands here again, until there is something newer to say', async () => {
    net.refuses('workspacesSignIn', problem(401, 'workspaces.wrong_password', '邮箱或密码不正确。'))
    const scene = await at(SignInPage, '/sign-in?to=/contacts&over=1')
    expect(screen.getByText(/登录已失效/)).toBeTruthy()
    await signIn(scene)
    expect(screen.queryByText(/登录已失效/)).toBeNull()
  })

  it('shows the password on demand, without sending anything', async () => {
    const scene = await at(SignInPage, '/sign-in')
    const eye = button('显示输入的内容')
    expect([field('密码').type, eye.getAttribute('aria-pressed')]).toEqual(['password', 'false'])
    await press(scene, '显示输入的内容')
    expect([field('密码').type, eye.getAttribute('aria-pressed')]).toEqual(['text', 'true'])
    expect(net.asked('workspacesSignIn')).toEqual([])
  })

  it('changes its language before anybody is known, and the server answers in it', async () => {
    net.refuses('workspacesSignIn', problem(401, 'workspaces.wrong_password', 'Wrong e-mail or password.'))
    const scene = await at(SignInPage, '/sign-in')
    await choose(scene, '语言', 'English')
    await screen.findByText('Sign in to serve your customers.')
    await write('E-mail', 'a@b.example')
    await write('Password', 'x')
    await press(scene, 'Sign in')
    expect(net.asked('workspacesSignIn')[0]?.headers.get('Accept-Language')).toBe('en')
    expect([localStorage.getItem('kz.language'), document.documentElement.lang]).toEqual(['en', 'en'])
  })
})

describe('setting up', () => {
  const fill = async (scene: Scene): Promise<void> => {
    await write('企业名称', '茶铺')
    await write('你的名字', '老板')
    await write('邮箱', ' boss@tea.example')
    await write('密码', 'dragon-well-1')
    await press(scene, '创建')
  }

  it('makes the workspace and its owner in the language of the page, and goes on to the first channel', async () => {
    net.answers('workspacesSetUp', me({ role: 'owner', permissions: ['channel.read'] }))
    await fill(await at(SetupPage, '/setup?token=kzo_1'))
    expect(net.asked('workspacesSetUp')[0]?.body).toEqual({
      token: 'kzo_1', workspace_name: '茶铺', name: '老板', email: 'boss@tea.example', password: 'dragon-well-1', language: 'zh-CN',
    })
    await comesTo('/settings/channels')
  })

  it('says that the link is not whole instead of showing a form that cannot work', async () => {
    await at(SetupPage, '/setup')
    expect(alerts().join()).toContain('这个链接不完整')
    expect(screen.queryByRole('textbox')).toBeNull()
  })

  it.each([
    problem(404, 'workspaces.no_such_link', '此链接无效，请确认复制完整。'),
    problem(410, 'workspaces.link_accepted', '此链接已经使用过，请直接登录。'),
    problem(410, 'workspaces.link_expired', '此链接已过期，请索取新的链接。'),
  ])('says $code above the form and keeps what was typed', async (fault) => {
    net.refuses('workspacesSetUp', fault)
    await fill(await at(SetupPage, '/setup?token=kzo_1'))
    expect(alerts()).toEqual([fault.title])
    expect([field('企业名称').value, field('你的名字').value, field('密码').value]).toEqual(['茶铺', '老板', 'dragon-well-1'])
  })

  it.each([['workspace_name', '企业名称'], ['name', '你的名字'], ['email', '邮箱'], ['password', '密码']])(
    'puts a refusal of %s beside its field',
    async (name, label) => {
      net.refuses('workspacesSetUp', problem(400, 'kit.bad_input', '请换一个。', { field: name }))
      await fill(await at(SetupPage, '/setup?token=kzo_1'))
      expect(beside(label)).toContain('请换一个。')
    },
  )
})

describe('joining', () => {
  const offer = (more: Partial<InvitationOffer> = {}): InvitationOffer => ({
    workspace_name: '茶铺', email: 'new@tea.example', role: 'supervisor', has_account: false, expires_at: '2026-12-01T00:00:00.000Z', ...more,
  })
  const join = async (scene: Scene, password = 'dragon-well-1'): Promise<void> => {
    await write('你的名字', '小王')
    await write('密码', password)
    await press(scene, '加入')
  }

  it('shows what is offered, and joins with a name and a new password', async () => {
    net.answers('workspacesShowOffer', offer())
    net.answers('workspacesAcceptInvitation', me({ name: '小王' }))
    const scene = await at(JoinPage, '/join?token=kzi_1')
    expect(screen.getByRole('heading', { name: '加入 茶铺' })).toBeTruthy()
    expect([screen.getByText('new@tea.example'), screen.getByText('你的角色：主管'), screen.getByText('至少 10 个字符。')]).toHaveLength(3)
    await join(scene)
    const [asked] = net.asked('workspacesAcceptInvitation')
    expect([asked?.path, asked?.body]).toEqual([{ token: 'kzi_1' }, { name: '小王', password: 'dragon-well-1', language: 'zh-CN' }])
    await comesTo('/conversations/mine')
  })

  it('asks somebody it knows for the password she has, however short', async () => {
    net.answers('workspacesShowOffer', offer({ has_account: true }))
    net.answers('workspacesAcceptInvitation', me())
    const scene = await at(JoinPage, '/join?token=kzi_1')
    expect(screen.getByText('这个邮箱已有账号，请输入它现有的密码。')).toBeTruthy()
    expect(field('密码').getAttribute('autocomplete')).toBe('current-password')
    await join(scene, 'old')
    expect(net.asked('workspacesAcceptInvitation')).toHaveLength(1)
  })

  it('takes no short password from somebody new', async () => {
    net.answers('workspacesShowOffer', offer())
    await join(await at(JoinPage, '/join?token=kzi_1'), 'short')
    expect([net.asked('workspacesAcceptInvitation'), net.unknown]).toEqual([[], []])
  })

  it('says beside the field that it is not her password, and lets her try again', async () => {
    net.answers('workspacesShowOffer', offer({ has_account: true }))
    net.refuses('workspacesAcceptInvitation', problem(401, 'workspaces.wrong_known_password', '这个邮箱已有账号。', { field: 'password' }))
    await join(await at(JoinPage, '/join?token=kzi_1'))
    expect([beside('密码'), field('你的名字').value, where()]).toEqual(['这个邮箱已有账号。', '小王', '/join?token=kzi_1'])
  })

  it.each([
    problem(410, 'workspaces.link_expired', '此链接已过期，请索取新的链接。'),
    problem(410, 'workspaces.link_accepted', '此链接已经使用过，请直接登录。'),
    problem(410, 'workspaces.link_revoked', '此链接已被撤销或被新的链接取代，请索取新的链接。'),
    problem(404, 'workspaces.no_such_link', '此链接无效，请确认复制完整。'),
  ])('says $code, offers the way to sign in and no form', async (fault) => {
    net.refuses('workspacesShowOffer', fault)
    await at(JoinPage, '/join?token=kzi_1')
    expect(alerts()).toEqual([fault.title])
    expect(screen.getByRole('link', { name: '去登录' }).getAttribute('href')).toBe('/sign-in')
    expect([screen.queryByLabelText('密码'), screen.queryByRole('button', { name: '重试' })]).toEqual([null, null])
  })

  it('asks the server even for a link without its secret, and says what it says', async () => {
    net.refuses('workspacesShowOffer', problem(404, 'workspaces.no_such_link', '此链接无效，请确认复制完整。'))
    await at(JoinPage, '/join')
    expect(alerts().join()).toContain('此链接无效')
  })

  it('says when the link was used in the meantime', async () => {
    net.answers('workspacesShowOffer', offer())
    net.refuses('workspacesAcceptInvitation', problem(410, 'workspaces.link_accepted', '此链接已经使用过，请直接登录。'))
    await join(await at(JoinPage, '/join?token=kzi_1'))
    expect(alerts()).toEqual(['此链接已经使用过，请直接登录。'])
  })

  it.each([['the server is away', null], ['it is busy', problem(503, 'kit.busy', '系统正忙，请稍后重试。')]])('offers to try again where %s', async (_, fault) => {
    if (fault) net.refuses('workspacesShowOffer', fault)
    else net.breaks('workspacesShowOffer')
    const scene = await at(JoinPage, '/join?token=kzi_1')
    net.answers('workspacesShowOffer', offer())
    await press(scene, '重试')
    expect(screen.getByRole('heading', { name: '加入 茶铺' })).toBeTruthy()
  })
})

describe('while the server is away', () => {
  it('goes on to where somebody was going, as soon as it is back', async () => {
    const scene = await at(UnreachablePage, '/unreachable?to=/contacts')
    net.breaks('workspacesGetMe')
    await press(scene, '重试')
    expect(where()).toBe('/unreachable?to=/contacts')
    net.answers('workspacesGetMe', me())
    await press(scene, '重试')
    await comesTo('/contacts')
  })
})
