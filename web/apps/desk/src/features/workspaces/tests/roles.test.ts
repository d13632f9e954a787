import type { Masking } from '@kezhan/api'
import { screen, within } from '@testing-library/vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { choose, press, problem, write } from '../../../tests/hands'
import { me, net, place, roles, type Scene } from '../../../tests/stage'
import RevealLine from '../components/RevealLine.vue'
import { isMasked } from '../masked'
import MaskingPage from '../pages/MaskingPage.vue'
import RolesPage from '../pages/RolesPage.vue'

const OWN = { key: 'own-1', name: '售后', note: '夜班', version: 3, held: 1, holders: [{ id: 'm3', name: '小王' }] }
const page = (): Promise<Scene> => place(RolesPage, {}, { path: '/settings/roles', lineOpen: false })
const dialog = (): HTMLElement => screen.getByRole('dialog')

beforeEach(() => {
  net.answers('workspacesGetMe', me({ role: 'admin', permissions: ['role.manage', 'contact.read', 'privacy.manage'] }))
  net.answers('workspacesListRoles', roles(['agent', 'inspector'], [OWN]))
})

describe('roles', () => {
  it('shows who has one and what it may, beside another', async () => {
    const scene = await page()
    expect(screen.getByText('夜班')).toBeTruthy()
    expect(screen.getByText('成员: 小王')).toBeTruthy()
    await choose(scene, '与之比较', '客服')
    const row = screen.getByRole('row', { name: /回复/ })
    expect(within(row).getAllByRole('img').map((one) => one.getAttribute('aria-label'))).toEqual(['没有', '有'])
    await write('搜索权限', '日志')
    expect(screen.queryByRole('row', { name: /回复/ })).toBeNull()
  })

  it('changes nothing of a ready-made one, copies it, and gives only what the reader has', async () => {
    const scene = await page()
    await scene.user.click(screen.getByRole('button', { name: /^客服/ }))
    expect(screen.queryByRole('button', { name: '修改' })).toBeNull()
    await press(scene, '复制')
    expect(within(dialog()).getByRole<HTMLInputElement>('checkbox', { name: '回复' }).hasAttribute('disabled')).toBe(true)
    net.answers('workspacesMakeRole', roles([], [{ ...OWN, key: 'own-2', name: '客服（副本）' }]).items.at(-1)!)
    await press(scene, '保存')
    expect(net.asked('workspacesMakeRole')[0]?.body).toEqual({ name: '客服（副本）', note: '', permissions: ['contact.read'] })
  })

  it('says why one cannot be kept, and removes one for a replacement', async () => {
    const scene = await page()
    await press(scene, '修改')
    net.refuses('workspacesEditRole', problem(409, 'workspaces.role_changed', '有人刚刚改过这个角色。'))
    await press(scene, '保存')
    expect(await screen.findByText('有人刚刚改过这个角色。')).toBeTruthy()
    expect(net.asked('workspacesEditRole')[0]?.body).toMatchObject({ version: 3 })
    await press(scene, '取消')
    await press(scene, '删除“售后”')
    net.answers('workspacesRemoveRole', undefined as never)
    await press(scene, '删除')
    expect(net.asked('workspacesRemoveRole')[0]).toMatchObject({ path: { role_id: 'own-1' }, body: { replacement: 'agent' } })
  })
})

describe('privacy', () => {
  it('keeps each switch when it is turned', async () => {
    const kept: Masking = { masked: ['id_card'], plain_when_serving: true }
    net.answers('workspacesGetMasking', kept)
    net.answers('workspacesPutMasking', ({ body }) => body)
    const scene = await place(MaskingPage, {}, { path: '/settings/masking', lineOpen: false })
    await scene.user.click(screen.getByRole('switch', { name: '手机号' }))
    await scene.user.click(screen.getByRole('switch', { name: '接待中的会话不脱敏' }))
    expect(net.asked('workspacesPutMasking').map(({ body }) => body)).toEqual([
      { masked: ['id_card', 'phone'], plain_when_serving: true },
      { masked: ['id_card', 'phone'], plain_when_serving: false },
    ])
  })

  it('reveals for a reason, for a minute', async () => {
    const ask = vi.fn().mockResolvedValue('13800138000')
    const scene = await place(RevealLine, { what: '电话', ask }, { lineOpen: false })
    await press(scene, '查看电话')
    await write('原因', '客户要求回电')
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true })
    await press(scene, '查看明文')
    expect(ask).toHaveBeenCalledWith('客户要求回电')
    expect(await screen.findByText('13800138000')).toBeTruthy()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(screen.queryByText('13800138000')).toBeNull()
    vi.useRealTimers()
  })

  it.each([['138****8000', true], ['138-****-8000', true], ['**** **** **** 1111', true], ['••••', true], ['5 * 3', false], ['', false]])('knows %s for masked: %s', (text, masked) => {
    expect(isMasked(text)).toBe(masked)
  })
})
