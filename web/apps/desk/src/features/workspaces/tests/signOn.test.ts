import type { ConnectionState, ProvisioningView } from '@kezhan/api'
import { screen } from '@testing-library/vue'
import { beforeEach, describe, expect, it } from 'vitest'
import { alerts, beside, field, press, problem, write } from '../../../tests/hands'
import { me, net, place, type Scene } from '../../../tests/stage'
import ConnectionForm from '../signOn/ConnectionForm.vue'
import ProvisioningForm from '../signOn/ProvisioningForm.vue'

const STATE: ConnectionState = { connection: null, callback: 'https://desk.example/callback', answers: 'https://desk.example/saml', metadata: 'https://desk.example/saml/metadata', saml: true }
const PEM = '-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----'
const at = (form: unknown): Promise<Scene> => place(form as never, {}, { path: '/settings/access', lineOpen: false })

beforeEach(() => {
  net.answers('workspacesGetMe', me({ permissions: ['workspace.own'] }))
  net.answers('workspacesListRoles', { items: [], areas: [], limit: 50 })
})

describe('a SAML provider', () => {
  it('is told who we are, and is kept with all its certificates', async () => {
    net.answers('workspacesGetSingleSignOn', STATE)
    const scene = await at(ConnectionForm)
    await scene.user.click(screen.getByRole('radio', { name: 'SAML 2.0' }))
    expect(screen.getByText(STATE.metadata)).toBeTruthy()
    await write('公司登录系统的实体 ID', 'https://sts.example/x')
    await write('它的登录地址（HTTP-Redirect）', 'https://sts.example/saml2')
    await write('它的签名证书', `${PEM}\n\n${PEM}\n`)
    net.refuses('workspacesEditSingleSignOn', problem(400, 'workspaces.bad_certificate', '这不是证书。', { field: 'certificates' }))
    await press(scene, '连接')
    expect(beside('它的签名证书')).toBe('这不是证书。')
    expect(net.asked('workspacesEditSingleSignOn').at(-1)?.body).toMatchObject({ protocol: 'saml', issuer: 'https://sts.example/x', secret: null, certificates: [PEM, PEM] })
  })

  it('says what to install where it is missing', async () => {
    net.answers('workspacesGetSingleSignOn', { ...STATE, saml: false })
    const scene = await at(ConnectionForm)
    await scene.user.click(screen.getByRole('radio', { name: 'SAML 2.0' }))
    expect(document.body.textContent).toContain('pip install "kezhan[saml]"')
    expect(screen.getByRole<HTMLButtonElement>('button', { name: '连接' }).disabled).toBe(true)
  })
})

describe('provisioning', () => {
  const view: ProvisioningView = { address: 'https://desk.example/scim/v2', groups: 'teams', role: 'agent', role_map: [], tokens: [], people: 0, known_groups: [] }

  it('shows a token once, and keeps the rules by group', async () => {
    net.answers('workspacesGetProvisioning', view)
    const scene = await at(ProvisioningForm)
    await press(scene, '新建令牌')
    await write('名称', 'Entra ID')
    net.answers('workspacesMakeProvisioningToken', { secret: 'kzd_1', state: view })
    await press(scene, '生成')
    expect(screen.getByText('kzd_1')).toBeTruthy()
    expect(net.asked('workspacesMakeProvisioningToken').at(-1)?.body).toEqual({ name: 'Entra ID', overlap_hours: 24 })
    await press(scene, '完成')
    await scene.user.click(screen.getByRole('radio', { name: '决定角色' }))
    await press(scene, '添加对应')
    await write('群组名称', '主管组')
    net.refuses('workspacesEditProvisioning', problem(400, 'workspaces.no_such_role', '没有这个角色。'))
    await press(scene, '保存')
    expect(alerts()).toEqual(['没有这个角色。'])
    expect(net.asked('workspacesEditProvisioning').at(-1)?.body).toEqual({ groups: 'roles', role: 'agent', role_map: [{ value: '主管组', role: 'agent' }] })
    expect(field('群组名称').value).toBe('主管组')
  })
})
