import type { Permission, TokenView } from '@kezhan/api'
import { screen, within } from '@testing-library/vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { show } from '../../../i18n'
import { alerts, beside, button, choose, field, press, problem, write } from '../../../tests/hands'
import { me, net, place, settled, type Scene } from '../../../tests/stage'
import { useSession } from '..'
import TokensPage from '../pages/TokensPage.vue'
import WorkspacePage from '../pages/WorkspacePage.vue'

const RIGHTS: Permission[] = ['workspace.own', 'workspace.manage', 'token.manage', 'contact.read', 'conversation.read_all']
const token = (id: string, more: Partial<TokenView> = {}): TokenView => ({
  id, name: `令牌${id}`, scopes: ['contact.read'], networks: [], per_minute: 600, created_by: 'm1', created_at: '2026-11-01T00:00:00.000Z', last_used_at: null, expires_at: null, revoked_at: null, ...more,
})

beforeEach(() => net.answers('workspacesGetMe', me({ role: 'owner', permissions: RIGHTS })))

describe('tokens', () => {
  const page = (items: TokenView[] = []): Promise<Scene> => {
    net.answers('workspacesListTokens', { items, next: null })
    return place(TokensPage, {}, { path: '/settings/tokens', lineOpen: false })
  }
  const fill = async (scene: Scene): Promise<void> => {
    await press(scene, '新建密钥')
    await write('名称', '订单同步')
    await scene.user.click(screen.getByLabelText('查看客户'))
  }

  it('says what they are for where there are none', async () => {
    await page()
    expect([screen.getByText('还没有密钥'), button('新建密钥')]).toHaveLength(2)
  })

  it.each([
    [{}, '长期有效 · 从未使用', true],
    [{ expires_at: '2999-01-01T00:00:00.000Z', last_used_at: '2026-11-22T08:00:00.000Z' }, /前有效 · 最近使用/, true],
    [{ expires_at: '2020-01-01T00:00:00.000Z' }, /^已过期/, true],
    [{ revoked_at: '2026-11-22T08:00:00.000Z', expires_at: '2999-01-01T00:00:00.000Z' }, /^已于 .* 吊销/, false],
  ])('tells of one (%j) how long it works, and offers its end only once', async (more, life, ends) => {
    await page([token('a', { scopes: ['contact.read', 'contact.write'], ...more })])
    const row = screen.getByTitle('令牌a').closest('li') as HTMLElement
    expect([within(row).getByText(life), within(row).getByText('contact.read contact.write')]).toHaveLength(2)
    expect(within(row).queryByRole('button', { name: '吊销' }) !== null).toBe(ends)
  })

  it('offers the maker’s own rights and not the workspace itself, each by name', async () => {
    const scene = await page()
    await press(scene, '新建密钥')
    expect(screen.getAllByRole('checkbox').map((box) => box.closest('div')?.parentElement?.textContent)).toEqual([
      '管理企业空间', '管理 API 密钥', '查看客户', '查看所有会话',
    ])
  })

  it('makes one with what was chosen, shows its secret once and never again', async () => {
    const scene = await page()
    const copied = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
    net.answers('workspacesMakeToken', { token: token('b'), secret: 'kzt_geheim' })
    await fill(scene)
    net.answers('workspacesListTokens', { items: [token('b')], next: null })
    await press(scene, '生成')
    expect(net.asked('workspacesMakeToken').map(({ body }) => body)).toEqual([{ name: '订单同步', scopes: ['contact.read'], days: 90, networks: [], per_minute: 600 }])
    expect([screen.getByText('kzt_geheim'), screen.getByText(/密钥只显示这一次/), screen.getByTitle('令牌b')]).toHaveLength(3)
    await press(scene, '复制')
    expect(copied).toHaveBeenCalledExactlyOnceWith('kzt_geheim')
    await press(scene, '完成')
    await press(scene, '新建密钥')
    expect([screen.queryByText('kzt_geheim'), field('名称').value, button('生成').disabled]).toEqual([null, '', true])
  })

  it('does not close over a secret by accident', async () => {
    const scene = await page()
    net.answers('workspacesMakeToken', { token: token('b'), secret: 'kzt_geheim' })
    await fill(scene)
    await press(scene, '生成')
    await scene.user.keyboard('{Escape}')
    await settled()
    expect(screen.getByText('kzt_geheim')).toBeTruthy()
  })

  it.each([['30 天', 30], ['365 天', 365], ['长期有效', null]])('asks for %s as %j days', async (label, days) => {
    const scene = await page()
    net.answers('workspacesMakeToken', { token: token('b'), secret: 's' })
    await fill(scene)
    await choose(scene, '有效期', label)
    await press(scene, '生成')
    expect(net.asked('workspacesMakeToken')[0]?.body.days).toBe(days)
  })

  it('cannot make one without a right', async () => {
    const scene = await page()
    await press(scene, '新建密钥')
    await write('名称', '空')
    expect(button('生成').disabled).toBe(true)
  })

  it('says why one was not made, keeps what was filled in, and starts clean the next time', async () => {
    const scene = await page()
    net.refuses('workspacesMakeToken', problem(403, 'workspaces.scope_above_own', '不能给令牌授予你自己没有的权限。'))
    await fill(scene)
    await press(scene, '生成')
    expect([alerts(), field('名称').value]).toEqual([['不能给令牌授予你自己没有的权限。'], '订单同步'])
    await press(scene, '取消')
    await press(scene, '新建密钥')
    expect([alerts(), field('名称').value]).toEqual([[], ''])
  })

  it('makes one token, however often the button is pressed', async () => {
    const scene = await page()
    const tell = net.holds('workspacesMakeToken')
    await fill(scene)
    await press(scene, '生成')
    await press(scene, '生成')
    tell({ token: token('b'), secret: 's' })
    await settled()
    expect(net.asked('workspacesMakeToken')).toHaveLength(1)
  })

  it('ends one after asking by name', async () => {
    const scene = await page([token('a')])
    net.answers('workspacesRevokeToken', undefined as never)
    await press(scene, '吊销')
    expect([screen.getByText('吊销密钥 令牌a？'), net.asked('workspacesRevokeToken')]).toEqual([expect.anything(), []])
    net.answers('workspacesListTokens', { items: [token('a', { revoked_at: '2026-11-22T08:00:00.000Z' })], next: null })
    await scene.user.click(within(screen.getByRole('dialog')).getByRole('button', { name: '吊销' }))
    await settled()
    expect(net.asked('workspacesRevokeToken').map(({ path }) => path)).toEqual([{ token_id: 'a' }])
    expect(screen.getByText(/已于 .* 吊销/)).toBeTruthy()
  })

  it('says why one could not be ended', async () => {
    const scene = await page([token('a')])
    net.refuses('workspacesRevokeToken', problem(404, 'kit.not_found', '没有找到，或您无权查看。'))
    await press(scene, '吊销')
    await scene.user.click(within(screen.getByRole('dialog')).getByRole('button', { name: '吊销' }))
    await settled()
    expect(screen.getByText('没有找到，或您无权查看。')).toBeTruthy()
  })

  it('says that they cannot be read, and reads them when asked again', async () => {
    net.breaks('workspacesListTokens')
    const scene = await place(TokensPage, {}, { path: '/settings/tokens', lineOpen: false })
    expect(alerts()).toEqual([expect.stringContaining('暂时连不上服务器')])
    net.answers('workspacesListTokens', { items: [token('a')], next: null })
    await press(scene, '重试')
    expect([alerts(), screen.getByTitle('令牌a')]).toEqual([[], expect.anything()])
  })

  it.each(['zh-CN', 'en'] as const)('has a name for every right there is (%s)', async (language) => {
    const every: Record<Exclude<Permission, 'workspace.own'>, true> = {
      'workspace.manage': true, 'member.read': true, 'member.manage': true, 'team.manage': true, 'token.manage': true, 'audit.read': true, 'audit.export': true,
      'channel.read': true, 'channel.manage': true, 'contact.read': true, 'contact.write': true, 'contact.block': true, 'conversation.read': true, 'contact.merge': true, 'field.manage': true,
      'contact.import': true,
      'conversation.read_all': true, 'conversation.reply': true, 'conversation.assign': true, 'conversation.close': true, 'conversation.supervise': true, 'file.upload': true, 'routing.manage': true, 'quick_reply.manage': true, 'survey.read': true, 'survey.manage': true, 'staff.chat': true, 'staff.announce': true, 'search.export': true, 'view.manage': true, 'tag.manage': true, 'segment.manage': true, 'word_list.manage': true, 'contact_note.manage': true,
      'webhook.manage': true, 'webhook.notes': true, 'privacy.manage': true, 'role.manage': true, 'contact.export': true, 'conversation.read_team': true, 'sensitive.read': true, 'sensitive.reveal': true,
    }
    await show(language)
    net.answers('workspacesGetMe', me({ permissions: Object.keys(every) }))
    net.answers('workspacesListTokens', { items: [], next: null })
    const scene = await place(TokensPage, {}, { path: '/settings/tokens', lineOpen: false, language })
    await press(scene, language === 'en' ? 'New key' : '新建密钥')
    expect(screen.getAllByRole('checkbox')).toHaveLength(Object.keys(every).length)
    expect(document.body.textContent).not.toContain('desk.right')
  })
})

describe('the workspace', () => {
  const page = (): Promise<Scene> => place(WorkspacePage, {}, { path: '/settings/workspace', lineOpen: false })
  const stored = { id: 'w1', name: '茶铺二店', language: 'en', time_zone: 'Asia/Shanghai', demo: false, show_supervisors: true, watermark: [], accent: null, tints: null, logo: null }

  it('starts from what is stored, saves it and shows it everywhere', async () => {
    const scene = await page()
    expect([field('企业名称').value, field('默认语言').textContent]).toEqual(['茶铺', '简体中文'])
    net.answers('workspacesEditWorkspace', stored)
    await write('企业名称', '茶铺二店')
    await choose(scene, '默认语言', 'English')
    await press(scene, '保存')
    expect(net.asked('workspacesEditWorkspace').map(({ body }) => body)).toEqual([{ name: '茶铺二店', language: 'en', time_zone: 'Asia/Shanghai', show_supervisors: true }])
    expect([useSession().me?.workspace, screen.getByText('已保存')]).toEqual([stored, expect.anything()])
  })

  it.each([
    problem(400, 'workspaces.bad_time_zone', '无法识别这个时区，请从列表中选择。', { field: 'time_zone' }),
    problem(400, 'kit.bad_input', '名字太长。', { field: 'name' }),
  ])('says $code beside its field and keeps what was typed', async (fault) => {
    const scene = await page()
    net.refuses('workspacesEditWorkspace', fault)
    await write('企业名称', '新名字')
    await press(scene, '保存')
    expect([alerts(), screen.getByText(fault.title), field('企业名称').value]).toEqual([[], expect.anything(), '新名字'])
    expect([beside('企业名称'), useSession().me?.workspace.name]).toEqual([fault.field === 'name' ? fault.title : '', '茶铺'])
  })

  it('keeps everything where the server cannot be reached, and sends it once when pressed twice', async () => {
    const scene = await page()
    net.breaks('workspacesEditWorkspace')
    await write('企业名称', '新名字')
    await press(scene, '保存')
    expect([alerts()[0], field('企业名称').value]).toEqual([expect.stringContaining('暂时连不上'), '新名字'])
    const tell = net.holds('workspacesEditWorkspace')
    await press(scene, '保存')
    await press(scene, '保存')
    tell(stored)
    await settled()
    expect([alerts(), net.asked('workspacesEditWorkspace').length]).toEqual([[], 2])
  })
})
