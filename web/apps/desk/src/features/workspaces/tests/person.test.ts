import type { Me, SessionView } from '@kezhan/api'
import { screen, within } from '@testing-library/vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { show } from '../../../i18n'
import { router } from '../../../router'
import { alerts, beside, button, choose, comesTo, field, press, problem, write } from '../../../tests/hands'
import { me, net, place, settled, type Scene } from '../../../tests/stage'
import { useSession } from '..'
import ProfilePage from '../pages/ProfilePage.vue'

const CHROME = 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/140.0 Safari/537'
const device = (id: string, more: Partial<SessionView> = {}): SessionView => ({
  id, current: false, peer: '203.0.113.9', user_agent: CHROME, method: 'password', factor: null, created_at: '2026-11-01T00:00:00.000Z', seen_at: '2026-11-22T08:00:00.000Z',
  expires_at: '2026-12-22T08:00:00.000Z', ...more,
})
const HERE = device('session-1', { current: true })
const page = (who: Me = me(), lineOpen = false): Promise<Scene> => {
  net.answers('workspacesGetMe', who)
  return place(ProfilePage, {}, { path: '/me', lineOpen })
}

beforeEach(() => {
  net.answers('workspacesListSessions', { items: [HERE, device('s2', { user_agent: '' })] })
  // What is set for all devices, and what proves her, have tests of their own.
  net.answers('workspacesGetFactors', { totp: false, passkeys: [], codes_left: 0, due: null, proved: true, passkeys_work: false })
  net.answers('devicesGetPersonal', { settings: { v: 1 }, rev: 0, quiet: [] })
  net.answers('devicesList', { key: 'BKey', items: [] })
})

describe('the profile', () => {
  it('shows who is signed in, as what and where', async () => {
    await page(me({ role: 'supervisor' }))
    const rows = ['邮箱', '角色', '企业空间'].map((name) => screen.getByText(name, { selector: 'dt' }).nextElementSibling?.textContent)
    expect(rows).toEqual(['lin@tea.example', '主管', '茶铺'])
    expect(screen.queryByText('所属企业空间')).toBeNull()
  })

  it('changes the name everywhere at once, and offers to save only what differs', async () => {
    const scene = await page()
    expect(button('保存').disabled).toBe(true)
    net.answers('workspacesEditMe', me({ name: '林小姐', csrf: 'csrf-2' }))
    await write('你的名字', '林小姐')
    await press(scene, '保存')
    expect(net.asked('workspacesEditMe').map(({ body }) => body)).toEqual([{ name: '林小姐' }])
    expect([useSession().name, screen.getByText('已保存'), button('保存').disabled]).toEqual(['林小姐', expect.anything(), true])
  })

  it('says beside the name why it is not stored, and keeps it', async () => {
    const scene = await page()
    net.refuses('workspacesEditMe', problem(400, 'kit.bad_input', '名字太长。', { field: 'name' }))
    await write('你的名字', '林'.repeat(100))
    await press(scene, '保存')
    expect([beside('你的名字'), field('你的名字').value.length, useSession().name]).toEqual(['名字太长。', 100, '小林'])
  })

  it('proves with every change that it comes from our own page', async () => {
    const scene = await page()
    net.answers('workspacesEditMe', me())
    await write('你的名字', 'x')
    await press(scene, '保存')
    expect(net.asked('workspacesEditMe')[0]?.headers.get('X-Kezhan-CSRF')).toBe('csrf-1')
  })
})

describe('language and looks', () => {
  it('speaks the language chosen, and tells the server', async () => {
    const scene = await page()
    await show('en')
    await show('zh-CN')
    net.answers('workspacesEditMe', me({ language: 'en' }))
    await choose(scene, '语言', 'English')
    expect(net.asked('workspacesEditMe').map(({ body }) => body)).toEqual([{ language: 'en' }])
    expect([screen.getByRole('heading', { name: 'Me' }), localStorage.getItem('kz.language')]).toEqual([expect.anything(), 'en'])
  })

  it('stays with it in this browser where the server could not be told, and says so', async () => {
    const scene = await page()
    net.refuses('workspacesEditMe', problem(503, 'kit.busy', 'Busy.'))
    await choose(scene, '语言', 'English')
    expect([screen.getByText('Busy.'), screen.getByRole('heading', { name: 'Me' })]).toHaveLength(2)
  })

  it('turns dark and light, and remembers it', async () => {
    const scene = await page()
    const pressed = (): (string | null)[] => ['浅色', '深色', '跟随系统'].map((name) => button(name).getAttribute('aria-pressed'))
    await press(scene, '深色')
    expect([pressed(), document.documentElement.classList.contains('dark')]).toEqual([['false', 'true', 'false'], true])
    await press(scene, '浅色')
    expect([pressed(), document.documentElement.classList.contains('dark')]).toEqual([['true', 'false', 'false'], false])
    expect(localStorage.getItem('vueuse-color-scheme')).toBe('light')
  })
})

describe('the password', () => {
  const change = async (scene: Scene, old: string, next: string): Promise<void> => {
    await write('现有密码', old)
    await write('新密码', next)
    await press(scene, '更改密码')
  }

  it('is changed with the old one, and neither stays on the page', async () => {
    const scene = await page()
    net.answers('workspacesChangePassword', undefined as never)
    await change(scene, 'dragon-well-1', 'biluochun-22')
    expect(net.asked('workspacesChangePassword').map(({ body }) => body)).toEqual([{ old: 'dragon-well-1', new: 'biluochun-22' }])
    expect([field('现有密码').value, field('新密码').value, screen.getByText('密码已更改')]).toEqual(['', '', expect.anything()])
  })

  it.each([
    [problem(403, 'workspaces.wrong_old_password', '原密码不正确，密码没有更改。', { field: 'old' }), '现有密码'],
    [problem(400, 'workspaces.short_password', '密码至少需要 10 个字符。', { field: 'new' }), '新密码'],
  ])('says $code beside the field it is about, keeps what was typed and signs nobody out', async (fault, label) => {
    const scene = await page()
    net.refuses('workspacesChangePassword', fault)
    await change(scene, 'wrong-old-one', 'biluochun-22')
    expect([beside(label), field('新密码').value]).toEqual([fault.title, 'biluochun-22'])
    expect(useSession().me).not.toBeNull()
  })

  it('says above the form when there were too many tries', async () => {
    const scene = await page()
    net.refuses('workspacesChangePassword', problem(429, 'workspaces.too_many_attempts', '尝试次数过多，请在 15 分钟后再试。'))
    await change(scene, 'wrong-old-one', 'biluochun-22')
    expect(alerts()).toEqual(['尝试次数过多，请在 15 分钟后再试。'])
  })

  it('is not sent while the new one is too short', async () => {
    const scene = await page()
    await write('现有密码', 'dragon-well-1')
    await scene.user.type(field('新密码'), 'short')
    await press(scene, '更改密码')
    expect([net.asked('workspacesChangePassword'), net.unknown]).toEqual([[], []])
  })
})

describe('devices', () => {
  const rows = (): HTMLElement[] => screen.getAllByText(/最近使用/).map((line) => line.closest('li') as HTMLElement)

  it('lists them by name, marks this one and offers no end to it', async () => {
    await page()
    expect(rows().map((row) => within(row).getByText(/Chrome|未知设备/).textContent)).toEqual(['Chrome · Windows', '未知设备'])
    expect(rows().map((row) => [within(row).queryByText('这台设备') !== null, within(row).queryByRole('button') !== null])).toEqual([[true, false], [false, true]])
    expect(rows()[0]?.textContent).toContain('203.0.113.9')
  })

  it('ends one, says which, and reads the list again', async () => {
    net.answers('workspacesListSessions', { items: [HERE, device('s2')] })
    const scene = await page()
    net.answers('workspacesCloseSession', undefined as never)
    net.answers('workspacesListSessions', { items: [HERE] })
    await press(scene, '结束登录')
    expect(net.asked('workspacesCloseSession').map(({ path }) => path)).toEqual([{ session_id: 's2' }])
    expect([screen.getByText('Chrome · Windows 的登录已结束'), rows().length]).toEqual([expect.anything(), 1])
  })

  it('says why one cannot be ended, and shows what is still there', async () => {
    const scene = await page()
    net.refuses('workspacesCloseSession', problem(404, 'kit.not_found', '没有找到，或您无权查看。'))
    net.answers('workspacesListSessions', { items: [HERE] })
    await press(scene, '结束登录')
    expect([screen.getByText('没有找到，或您无权查看。'), rows().length]).toEqual([expect.anything(), 1])
  })

  it('says that they cannot be read, and reads them when asked again', async () => {
    net.breaks('workspacesListSessions')
    const scene = await page()
    expect(alerts()).toEqual([expect.stringContaining('暂时连不上服务器')])
    net.answers('workspacesListSessions', { items: [HERE] })
    await press(scene, '重试')
    expect([alerts(), rows().length]).toEqual([[], 1])
  })
})

describe('other workspaces', () => {
  const both = me({ workspaces: [{ id: 'w1', name: '茶铺' }, { id: 'w2', name: '瓷器店' }] })

  it('are offered by name; changing to one starts afresh there', async () => {
    const reload = vi.spyOn(location, 'reload').mockReturnValue()
    const scene = await page(both)
    expect(within(screen.getByText('当前').closest('li') as HTMLElement).getByText('茶铺')).toBeTruthy()
    net.answers('workspacesSwitchWorkspace', me({ workspace: { ...both.workspace, id: 'w2', name: '瓷器店' } }))
    await press(scene, '切换')
    await comesTo('/conversations/mine')
    expect(net.asked('workspacesSwitchWorkspace').map(({ body }) => body)).toEqual([{ workspace_id: 'w2' }])
    await vi.waitFor(() => expect(reload).toHaveBeenCalledOnce())
  })

  it('say why one cannot be entered any more, and the page stays', async () => {
    const scene = await page(both)
    net.refuses('workspacesSwitchWorkspace', problem(403, 'workspaces.not_permitted', '你已不在这个企业空间。'))
    await press(scene, '切换')
    expect([screen.getByText('你已不在这个企业空间。'), router.currentRoute.value.name]).toEqual([expect.anything(), 'me'])
  })
})

describe('signing out', () => {
  it('closes the line, forgets who was here and goes to the door without a way back', async () => {
    const scene = await page(me(), true)
    net.answers('workspacesSignOut', undefined as never)
    await press(scene, '退出登录')
    await comesTo('/sign-in')
    expect([useSession().me, net.sockets.at(-1)?.readyState]).toEqual([null, 3])
  })

  it('says so where it did not happen, and stays signed in', async () => {
    const scene = await page()
    net.breaks('workspacesSignOut')
    await press(scene, '退出登录')
    expect([screen.getAllByText(/暂时连不上服务器/), useSession().name]).toEqual([expect.anything(), '小林'])
  })

  it('leads to the door and back where the session is over already', async () => {
    const scene = await page()
    net.refuses('workspacesSignOut', problem(401, 'workspaces.sign_in_needed', '请先登录。'))
    await press(scene, '退出登录')
    await comesTo('/sign-in?to=/me&over=1')
    await settled()
    expect(useSession().me).toBeNull()
  })
})
