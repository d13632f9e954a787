import type { AccessView, FactorsView } from '@kezhan/api'
import { screen } from '@testing-library/vue'
import { beforeEach, describe, expect, it } from 'vitest'
import { alerts, beside, comesTo, field, press, problem, write } from '../../../tests/hands'
import { me, net, place, type Scene } from '../../../tests/stage'
import AccessPage from '../access/AccessPage.vue'
import SecondPage from '../factors/SecondPage.vue'
import SecurePage from '../factors/SecurePage.vue'
import SignInPage from '../pages/SignInPage.vue'
import CompanyPage from '../signOn/CompanyPage.vue'
import { useSession } from '..'

const NONE: FactorsView = { totp: false, passkeys: [], codes_left: 0, due: null, proved: true, passkeys_work: true }
const at = (page: unknown, path: string): Promise<Scene> => place(page as never, {}, { path, lineOpen: false })

describe('at the door', () => {
  beforeEach(() => net.refuses('workspacesGetMe', problem(401, 'workspaces.sign_in_needed', '请先登录。')))

  it('asks for the second step after the password, and keeps where she wanted to go', async () => {
    net.answers('workspacesSignIn', { step: 'kzp_1', totp: true, options: null })
    const scene = await at(SignInPage, '/sign-in?to=/contacts')
    await write('邮箱', 'lin@tea.example')
    await write('密码', 'dragon-well-1')
    await press(scene, '登录')
    await comesTo('/second?to=/contacts')
    expect([useSession().me, useSession().asked?.step]).toEqual([null, 'kzp_1'])
  })

  it('shows a code, is told that it is wrong, and comes in with the next one', async () => {
    useSession().asked = { step: 'kzp_1', totp: true, options: null }
    const scene = await at(SecondPage, '/second?to=/contacts')
    net.refuses('workspacesSignInSecond', problem(401, 'workspaces.wrong_code', '验证码不正确，或已经用过。'))
    await write('验证码', '000000')
    await press(scene, '验证')
    expect([alerts(), field('验证码').value]).toEqual([['验证码不正确，或已经用过。'], ''])
    net.answers('workspacesSignInSecond', me())
    await write('验证码', '123456')
    await press(scene, '验证')
    expect(net.asked('workspacesSignInSecond').at(-1)?.body).toEqual({ step: 'kzp_1', code: '123456' })
    await comesTo('/contacts')
  })

  it('takes a recovery code in place of the phone', async () => {
    useSession().asked = { step: 'kzp_1', totp: true, options: null }
    const scene = await at(SecondPage, '/second')
    await press(scene, '手机不在身边？用恢复码')
    net.answers('workspacesSignInSecond', me())
    await write('恢复码', 'AAAA-BBBB-CCCC-DDDD')
    await press(scene, '验证')
    expect(net.asked('workspacesSignInSecond')[0]?.body).toMatchObject({ code: 'AAAA-BBBB-CCCC-DDDD' })
  })

  it('sends her back to the password where there is no step', async () => {
    await at(SecondPage, '/second?to=/contacts')
    await comesTo('/sign-in?to=/contacts')
  })

  it('says why her company has sent her back', async () => {
    await at(SignInPage, '/sign-in?fault=workspaces.not_a_member')
    expect(alerts()).toEqual(['你还不是这个企业空间的成员。请联系管理员。'])
  })

  it('says where no company signs in people of a domain', async () => {
    const scene = await at(CompanyPage, '/company')
    net.answers('workspacesOfferSingleSignOn', { items: [] })
    await write('邮箱', 'lin@tea.example')
    await press(scene, '继续')
    expect(alerts()).toEqual([expect.stringContaining('没有企业空间')])
  })
})

describe('one’s own factors', () => {
  it('are set up with a picture and a first code; recovery codes are shown before she goes on', async () => {
    net.answers('workspacesGetMe', me({ factor_needed: true, permissions: [] }))
    net.answers('workspacesGetFactors', NONE)
    net.answers('workspacesOfferTotp', { secret: 'ABCDEFGH', address: 'otpauth://totp/x', picture: '<svg/>' })
    const scene = await at(SecurePage, '/secure?to=/contacts')
    await press(scene, '设置')
    expect(screen.getByRole('img', { name: /二维码/ }).getAttribute('src')).toContain('data:image/svg+xml')
    net.refuses('workspacesConfirmTotp', problem(400, 'workspaces.code_not_right', '验证码不正确。', { field: 'code' }))
    await write('应用显示的 6 位数字', '000000')
    await press(scene, '完成设置')
    expect(beside('应用显示的 6 位数字')).toBe('验证码不正确。')
    net.answers('workspacesConfirmTotp', { codes: ['AAAA-BBBB'] })
    net.answers('workspacesGetMe', me())
    await write('应用显示的 6 位数字', '123456')
    await press(scene, '完成设置')
    expect(screen.getByText('AAAA-BBBB')).toBeTruthy()
    await press(scene, '我已保存')
    await comesTo('/contacts')
  })

  it('want her password first where it was given long ago, and go on by themselves', async () => {
    net.answers('workspacesGetMe', me({ factor_needed: true, permissions: [] }))
    net.answers('workspacesGetFactors', { ...NONE, proved: false })
    net.refuses('workspacesOfferTotp', problem(403, 'workspaces.prove_first', '请先输入密码。'))
    const scene = await at(SecurePage, '/secure')
    await press(scene, '设置')
    net.answers('workspacesProve', undefined as never)
    net.answers('workspacesOfferTotp', { secret: 'ABCDEFGH', address: 'otpauth://totp/x', picture: '<svg/>' })
    await write('密码', 'dragon-well-1')
    await press(scene, '确认')
    expect(net.asked('workspacesProve')[0]?.body).toEqual({ password: 'dragon-well-1' })
    expect(screen.getByText('ABCD EFGH')).toBeTruthy()
  })
})

describe('rules of access', () => {
  const view: AccessView = { rules: [{ role: 'agent', grace_days: 3 }], idle_minutes: null, session_hours: 45, networks: [], here: '203.0.113.7' }

  it('are saved part by part, and a network without her own address is refused beside it', async () => {
    net.answers('workspacesGetMe', me({ permissions: ['workspace.manage'] }))
    net.answers('workspacesGetAccess', view)
    const scene = await at(AccessPage, '/settings/access')
    expect(screen.queryByText('单点登录')).toBeNull()
    net.refuses('workspacesEditAccess', problem(409, 'workspaces.not_from_here', '你当前的地址不在允许的网络里。', { field: 'networks' }))
    await write('IP 地址或网段', '198.51.100.0/24')
    await scene.user.click(screen.getAllByRole('button', { name: '保存' })[2]!)
    await scene.user.click(screen.getByRole('button', { name: '加入我的地址' }))
    expect(field('IP 地址或网段').value).toBe('198.51.100.0/24\n203.0.113.7')
    net.answers('workspacesEditAccess', view)
    await scene.user.click(screen.getAllByRole('button', { name: '保存' })[0]!)
    expect(net.asked('workspacesEditAccess').map(({ body }) => body)).toEqual([
      { networks: ['198.51.100.0/24'] },
      { rules: [{ role: 'agent', grace_days: 3 }] },
    ])
  })
})
