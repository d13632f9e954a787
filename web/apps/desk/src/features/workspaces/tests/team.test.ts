import type { InvitationView, MemberView, Me, Permission, TeamView } from '@kezhan/api'
import { screen, within } from '@testing-library/vue'
import { describe, expect, it, vi } from 'vitest'
import { alerts, beside, choose, field, press, problem, write } from '../../../tests/hands'
import { ME, me, net, place, roles, settled, type Scene } from '../../../tests/stage'
import TeamPage from '../pages/TeamPage.vue'

const member = (id: string, name: string, role: string, more: Partial<MemberView> = {}): MemberView => ({
  id, name, email: `${id}@tea.example`, role, team_ids: [], created_at: '2026-01-01T00:00:00.000Z', archived_at: null, ...more,
})
const team = (id: string, name: string, member_ids: string[] = []): TeamView => ({ id, name, member_ids, created_at: '2026-01-01T00:00:00.000Z' })
const invitation = (id: string, more: Partial<InvitationView> = {}): InvitationView => ({
  id, email: `${id}@tea.example`, role: 'agent', team_ids: [], state: 'open', created_at: '2026-11-01T00:00:00.000Z', expires_at: '2026-11-30T08:00:00.000Z', ...more,
})
const PEOPLE = [member(ME, '小林', 'admin'), member('m2', '老板', 'owner'), member('m3', '小王', 'agent')]
const rights: Record<string, Permission[]> = {
  agent: ['member.read'],
  supervisor: ['member.read', 'team.manage'],
  admin: ['member.read', 'member.manage', 'team.manage'],
  owner: ['member.read', 'member.manage', 'team.manage', 'workspace.own'],
}
const GIVES: Record<string, string[]> = { admin: ['admin', 'supervisor', 'agent', 'inspector', 'auditor'], owner: ['owner', 'admin', 'supervisor', 'agent', 'inspector', 'auditor'] }
const as = (role: string): Me => me({ role, permissions: rights[role] ?? [] })

/** The page as somebody of `role` sees it. */
async function page(role: string, { members = PEOPLE, teams = [team('t1', '售前', ['m3'])], invitations = [] as InvitationView[] } = {}): Promise<Scene> {
  net.answers('workspacesGetMe', as(role))
  net.answers('workspacesListRoles', roles(GIVES[role]))
  net.answers('workspacesListMembers', { items: members, next: null })
  net.answers('workspacesListTeams', { items: teams })
  net.answers('workspacesListInvitations', { items: invitations, next: null })
  return place(TeamPage, {}, { path: '/settings/team', lineOpen: false })
}
const rowOf = (text: string): HTMLElement => screen.getAllByTitle(text)[0]!.closest('li') as HTMLElement
const dialog = (): HTMLElement => screen.getByRole('dialog')
async function offered({ user }: Scene, label: string): Promise<(string | null)[]> {
  await user.click(screen.getByRole('combobox', { name: label }))
  const names = (await screen.findAllByRole('option')).map((option) => option.textContent)
  await user.keyboard('{Escape}')
  return names
}

describe('members', () => {
  it('shows everybody with role, address and teams, and who of them is the reader', async () => {
    await page('agent')
    expect(within(rowOf('小王')).getByText('m3@tea.example · 售前')).toBeTruthy()
    expect([rowOf('小王').textContent, rowOf('老板').textContent].map((text) => /客服|所有者/.exec(text ?? '')?.[0])).toEqual(['客服', '所有者'])
    expect(within(rowOf('小林')).getByText('你')).toBeTruthy()
  })

  it('reads on until it has everybody', async () => {
    net.answers('workspacesGetMe', as('agent'))
    net.answers('workspacesListTeams', { items: [] })
    net.answers('workspacesListMembers', ({ query }) => (query.after ? { items: [PEOPLE[2]!], next: null } : { items: PEOPLE.slice(0, 2), next: 'p2' }))
    await place(TeamPage, {}, { path: '/settings/team', lineOpen: false })
    expect(rowOf('小王')).toBeTruthy()
    expect(net.asked('workspacesListMembers').map(({ query }) => query.after)).toEqual([undefined, 'p2'])
  })

  it.each(['agent', 'supervisor'])('offers the %s nothing that changes members, and does not ask who is invited', async (role) => {
    await page(role)
    expect(screen.queryByRole('button', { name: /停用|邀请/ })).toBeNull()
    expect(screen.queryByRole('combobox')).toBeNull()
    expect(net.asked('workspacesListInvitations')).toEqual([])
  })

  it('offers an administrator every role but the owner’s, and leaves owners alone', async () => {
    const scene = await page('admin')
    expect(await offered(scene, '小王 的角色')).toEqual(['管理员', '主管', '客服', '质检员', '审计员'])
    expect(within(rowOf('老板')).queryByRole('combobox')).toBeNull()
    expect(screen.queryByRole('button', { name: '停用 老板' })).toBeNull()
  })

  it('lets an owner name another', async () => {
    const scene = await page('owner')
    expect(await offered(scene, '小王 的角色')).toContain('所有者')
    expect(within(rowOf('老板')).getByRole('combobox')).toBeTruthy()
  })

  it('offers nobody to change or deactivate herself', async () => {
    await page('owner', { members: [member(ME, '小林', 'owner')] })
    expect([screen.queryByRole('combobox'), rowOf('小林').textContent]).toEqual([null, expect.stringContaining('所有者')])
  })

  it('changes a role, says so and shows what is stored', async () => {
    const scene = await page('admin')
    net.answers('workspacesEditMember', member('m3', '小王', 'supervisor'))
    net.answers('workspacesListMembers', { items: [member('m3', '小王', 'supervisor')], next: null })
    await choose(scene, '小王 的角色', '主管')
    const [asked] = net.asked('workspacesEditMember')
    expect([asked?.path, asked?.body]).toEqual([{ member_id: 'm3' }, { role: 'supervisor' }])
    expect([screen.getByText('已保存'), screen.getByRole('combobox').textContent]).toEqual([expect.anything(), '主管'])
  })

  it.each([
    problem(409, 'workspaces.last_owner', '企业空间至少要有一位所有者。请先指定另一位所有者。'),
    problem(403, 'workspaces.above_own_role', '不能授予、更改或移除权限超过自己的角色。'),
  ])('says $code and keeps the role that is stored', async (fault) => {
    const scene = await page('owner')
    net.refuses('workspacesEditMember', fault)
    await choose(scene, '老板 的角色', '客服')
    expect(screen.getByText(fault.title)).toBeTruthy()
    expect(within(rowOf('老板')).getByRole('combobox').textContent).toBe('所有者')
  })

  it('deactivates after asking by name, and reads the list again', async () => {
    const scene = await page('admin')
    net.answers('workspacesArchiveMember', undefined as never)
    await press(scene, '停用 小王')
    expect([dialog().textContent?.includes('停用 小王'), net.asked('workspacesArchiveMember')]).toEqual([true, []])
    net.answers('workspacesListMembers', { items: PEOPLE.slice(0, 2), next: null })
    await press(scene, '停用')
    expect(net.asked('workspacesArchiveMember').map(({ path }) => path)).toEqual([{ member_id: 'm3' }])
    expect([screen.queryByTitle('小王'), screen.getByText('已停用 小王')]).toEqual([null, expect.anything()])
  })

  it('does nothing where the question is answered with no', async () => {
    const scene = await page('admin')
    await press(scene, '停用 小王')
    await press(scene, '取消')
    await vi.waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
    expect(net.asked('workspacesArchiveMember')).toEqual([])
  })

  it('says why members cannot be read, and reads them when asked again', async () => {
    net.answers('workspacesGetMe', as('agent'))
    net.answers('workspacesListTeams', { items: [team('t1', '售前')] })
    net.breaks('workspacesListMembers')
    const scene = await place(TeamPage, {}, { path: '/settings/team', lineOpen: false })
    expect(alerts()).toEqual([expect.stringContaining('暂时连不上服务器')])
    net.answers('workspacesListMembers', { items: PEOPLE, next: null })
    await press(scene, '重试')
    expect([alerts(), rowOf('小王').tagName]).toEqual([[], 'LI'])
  })
})

describe('invitations', () => {
  it('makes a link for an address with role and teams, shows it once and copies it', async () => {
    const scene = await page('admin')
    const copied = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
    net.answers('workspacesInvite', { invitation: invitation('i1'), link: 'https://desk.example/join?token=kzi_x' })
    await press(scene, '邀请成员')
    await write('邮箱', ' new@tea.example ')
    await choose(scene, '角色', '质检员')
    await choose(scene, '小组', '售前')
    net.answers('workspacesListInvitations', { items: [invitation('i1', { email: 'new@tea.example' })], next: null })
    await press(scene, '生成链接')
    expect(net.asked('workspacesInvite')[0]?.body).toEqual({ email: 'new@tea.example', role: 'inspector', team_ids: ['t1'] })
    expect(within(dialog()).getByText('https://desk.example/join?token=kzi_x')).toBeTruthy()
    await press(scene, '复制')
    expect(copied).toHaveBeenCalledExactlyOnceWith('https://desk.example/join?token=kzi_x')
    await press(scene, '完成')
    await press(scene, '邀请成员')
    expect([screen.queryByText(/kzi_x/), field('邮箱').value]).toEqual([null, ''])
  })

  it.each([
    ['admin', ['管理员', '主管', '客服', '质检员', '审计员']],
    ['owner', ['所有者', '管理员', '主管', '客服', '质检员', '审计员']],
  ])('lets the %s give away %j', async (role, names) => {
    const scene = await page(role)
    await press(scene, '邀请成员')
    expect(await offered(scene, '角色')).toEqual(names)
  })

  it('says beside the address that she is a member already, and forgets it for the next invitation', async () => {
    const scene = await page('admin')
    net.refuses('workspacesInvite', problem(409, 'workspaces.already_member', '这个邮箱已经是本企业空间的成员。', { field: 'email' }))
    await press(scene, '邀请成员')
    await write('邮箱', 'm3@tea.example')
    await press(scene, '生成链接')
    expect([beside('邮箱'), field('邮箱').value]).toEqual(['这个邮箱已经是本企业空间的成员。', 'm3@tea.example'])
    await press(scene, '取消')
    await press(scene, '邀请成员')
    expect([beside('邮箱'), field('邮箱').value]).toEqual(['', ''])
  })

  it('invites once, however often the button is pressed', async () => {
    const scene = await page('admin')
    const tell = net.holds('workspacesInvite')
    await press(scene, '邀请成员')
    await write('邮箱', 'new@tea.example')
    await press(scene, '生成链接')
    await press(scene, '生成链接')
    tell({ invitation: invitation('i1'), link: 'https://desk.example/join?token=kzi_x' })
    await settled()
    expect(net.asked('workspacesInvite')).toHaveLength(1)
  })

  it('lists those that wait, not those used, revoked or run out, and takes one back', async () => {
    const others = (['accepted', 'revoked', 'expired'] as const).map((state) => invitation(state, { state }))
    const scene = await page('admin', { invitations: [invitation('i1', { role: 'auditor' }), ...others] })
    expect(screen.getByText(/审计员 · .*前有效/)).toBeTruthy()
    expect(screen.queryByTitle('expired@tea.example')).toBeNull()
    net.answers('workspacesRevokeInvitation', undefined as never)
    net.answers('workspacesListInvitations', { items: others, next: null })
    await press(scene, '撤销')
    expect(net.asked('workspacesRevokeInvitation').map(({ path }) => path)).toEqual([{ invitation_id: 'i1' }])
    expect(screen.queryByText('等待接受的邀请')).toBeNull()
  })

  it('says why one cannot be taken back', async () => {
    const scene = await page('admin', { invitations: [invitation('i1')] })
    net.refuses('workspacesRevokeInvitation', problem(409, 'workspaces.link_accepted', '此链接已经使用过。'))
    await press(scene, '撤销')
    expect(screen.getByText('此链接已经使用过。')).toBeTruthy()
  })

  it('says that they cannot be read instead of looking as if there were none', async () => {
    net.answers('workspacesGetMe', as('admin'))
    net.answers('workspacesListTeams', { items: [] })
    net.refuses('workspacesListInvitations', problem(503, 'kit.busy', '系统正忙，请稍后重试。'))
    const scene = await place(TeamPage, {}, { path: '/settings/team', lineOpen: false })
    expect(alerts()).toEqual([expect.stringContaining('系统正忙')])
    net.answers('workspacesListInvitations', { items: [invitation('i1')], next: null })
    await press(scene, '重试')
    expect(screen.getByTitle('i1@tea.example')).toBeTruthy()
  })
})

describe('teams', () => {
  it('lets those read who may not change', async () => {
    await page('agent', { teams: [team('t1', '售前', ['m3', ME]), team('t2', '售后')] })
    expect([within(rowOf('售前')).getByTitle('小林、小王'), within(rowOf('售后')).getByText('还没有成员')]).toHaveLength(2)
    expect(screen.queryByRole('button', { name: /编辑|移除|新建/ })).toBeNull()
  })

  it.each([['agent', 0], ['supervisor', 1]])('says to the %s what teams are for where there are none, with %i way to make one', async (role, ways) => {
    await page(role, { teams: [] })
    expect([screen.getByText('还没有小组'), ...screen.queryAllByRole('button', { name: '新建小组' })]).toHaveLength(1 + ways)
  })

  it('makes a team and puts people into it', async () => {
    const scene = await page('supervisor')
    net.answers('workspacesCreateTeam', team('t9', '夜班'))
    net.answers('workspacesSetTeamMembers', team('t9', '夜班', ['m3']))
    await press(scene, '新建小组')
    await write('小组名称', '夜班')
    await choose(scene, '成员', '小王')
    await press(scene, '保存')
    expect(net.asked('workspacesCreateTeam').map(({ body }) => body)).toEqual([{ name: '夜班' }])
    expect(net.asked('workspacesSetTeamMembers').map(({ path, body }) => [path, body])).toEqual([[{ team_id: 't9' }, { member_ids: ['m3'] }]])
    expect(net.asked('workspacesListTeams')).toHaveLength(2)
  })

  it('does not make a second team when only its people could not be stored', async () => {
    const scene = await page('supervisor')
    net.answers('workspacesCreateTeam', team('t9', '夜班'))
    net.answers('workspacesRenameTeam', team('t9', '夜班'))
    net.breaks('workspacesSetTeamMembers')
    await press(scene, '新建小组')
    await write('小组名称', '夜班')
    await press(scene, '保存')
    expect([alerts()[0], field('小组名称').value]).toEqual([expect.stringContaining('暂时连不上'), '夜班'])
    net.answers('workspacesSetTeamMembers', team('t9', '夜班'))
    await press(scene, '保存')
    expect([net.asked('workspacesCreateTeam').length, net.asked('workspacesRenameTeam').length]).toEqual([1, 1])
  })

  it('edits one with what it has, and says beside the name that it is taken', async () => {
    const scene = await page('supervisor', { teams: [team('t1', '售前', ['m3']), team('t2', '售后')] })
    net.refuses('workspacesRenameTeam', problem(409, 'workspaces.team_name_taken', '已有同名的小组，请换一个名称。', { field: 'name' }))
    await press(scene, '编辑 售前')
    expect([field('小组名称').value, within(dialog()).getByText('小王')]).toEqual(['售前', expect.anything()])
    await write('小组名称', '售后')
    await press(scene, '保存')
    expect([beside('小组名称'), field('小组名称').value]).toEqual(['已有同名的小组，请换一个名称。', '售后'])
    await press(scene, '取消')
    await press(scene, '编辑 售后')
    expect([beside('小组名称'), field('小组名称').value]).toEqual(['', '售后'])
  })

  it('removes one after asking by name, and says where that fails', async () => {
    const scene = await page('supervisor')
    net.refuses('workspacesArchiveTeam', problem(403, 'workspaces.not_permitted', '你没有这项操作的权限。'))
    await press(scene, '移除小组 售前')
    expect(within(dialog()).getByText('移除小组 售前')).toBeTruthy()
    await press(scene, '移除')
    expect(net.asked('workspacesArchiveTeam').map(({ path }) => path)).toEqual([{ team_id: 't1' }])
    expect([screen.getByText('你没有这项操作的权限。'), rowOf('售前')]).toHaveLength(2)
  })
})
