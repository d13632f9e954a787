import type { EndpointView, HookDeliveryDetail, HookDeliveryView } from '@kezhan/api'
import { screen } from '@testing-library/vue'
import { beforeEach, describe, expect, it } from 'vitest'
import { alerts, press, problem, write } from '../../../tests/hands'
import { me, net, place, settled, type Scene } from '../../../tests/stage'
import { curlOf, fieldsOf, found, operationsOf, typeOf, type Contract } from '../contract'
import WebhookPage from '../pages/WebhookPage.vue'
import WebhooksPage from '../pages/WebhooksPage.vue'
import StoppedNotice from '../components/StoppedNotice.vue'

const AT = '2026-11-01T00:00:00.000Z'
const endpoint = (more: Partial<EndpointView> = {}): EndpointView => ({
  id: 'e1', name: 'CRM 同步', address: 'https://crm.example/kezhan', events: ['message.received', 'note.added'], state: 'on', failing_since: null, old_until: null,
  waiting: 0, dead: 0, last_sent_at: null, created_at: AT, created_by: 'm1', ...more,
})
const delivery = (more: Partial<HookDeliveryView> = {}): HookDeliveryView => ({ id: 'd1', event_id: 'v1', kind: 'message.received', at: AT, state: 'dead', attempts: 3, due_at: null, status: 503, fault: 'refused', ...more })
const detail = (more: Partial<HookDeliveryDetail> = {}): HookDeliveryDetail => ({
  delivery: delivery(), headers: { 'x-kezhan-event': 'message.received' }, body: '{"id":"v1"}',
  tries: [{ at: AT, took_ms: 12, status: 503, fault: 'refused', media_type: 'text/plain', answer: 'busy' }, { at: AT, took_ms: 10_000, status: null, fault: 'timeout', media_type: '', answer: '' }], ...more,
})

beforeEach(() => {
  net.answers('workspacesGetMe', me({ role: 'owner', permissions: ['webhook.manage', 'token.manage'] }))
})

describe('the webhooks', () => {
  const page = (items: EndpointView[], notes = false): Promise<Scene> => {
    net.answers('integrationsListEndpoints', { items, notes })
    return place(WebhooksPage, {}, { path: '/settings/webhooks', lineOpen: false })
  }

  it('stand with what state each is in, in words', async () => {
    await page([endpoint(), endpoint({ id: 'e2', name: '坏的', state: 'stopped', dead: 4 }), endpoint({ id: 'e3', name: '慢的', failing_since: AT, waiting: 2 }), endpoint({ id: 'e4', name: '关的', state: 'off' })])
    for (const word of ['正常', '已自动关闭', '送达失败', '已关闭', '4 条未送达', '2 条等待']) expect(screen.getByText(word)).toBeTruthy()
  })

  it('are made with a secret that is shown once; notes are offered to those alone who have the right', async () => {
    const scene = await page([])
    await press(scene, '新建 Webhook')
    expect(screen.queryByLabelText('新增内部备注')).toBeNull()
    await write('名称', 'CRM')
    await write('地址', 'https://crm.example/')
    await scene.user.click(screen.getByLabelText('收到客户消息'))
    net.refuses('integrationsMakeEndpoint', problem(400, 'integrations.bad_address', '这不是可以调用的地址。', { field: 'address' }))
    await press(scene, '创建')
    expect(screen.getByText('这不是可以调用的地址。')).toBeTruthy()
    net.answers('integrationsMakeEndpoint', { endpoint: endpoint(), secret: 'whsec_1' })
    await press(scene, '创建')
    expect(screen.getByText('whsec_1')).toBeTruthy()
    expect(net.asked('integrationsMakeEndpoint').at(-1)?.body).toEqual({ name: 'CRM', address: 'https://crm.example/', events: ['message.received'] })
  })

  it('say on every page of the settings when one has switched itself off', async () => {
    net.answers('integrationsListEndpoints', { items: [endpoint({ state: 'stopped' })], notes: true })
    await place(StoppedNotice, {}, { path: '/settings/team', lineOpen: false })
    expect(alerts()).toEqual([expect.stringContaining('CRM 同步')])
  })
})

describe('one webhook', () => {
  const page = (one: EndpointView, items: HookDeliveryView[] = []): Promise<Scene> => {
    net.answers('integrationsListEndpoints', { items: [one], notes: true })
    net.answers('integrationsListDeliveries', { items, next: null })
    return place(WebhookPage, { id: one.id }, { path: `/settings/webhooks/${one.id}`, lineOpen: false })
  }

  it('is tested, and shows what was answered', async () => {
    const scene = await page(endpoint())
    net.answers('integrationsTestEndpoint', detail())
    await press(scene, '发送测试')
    expect([screen.getByText('没有送达'), screen.getByText('503'), screen.getByText('超时'), screen.getByText('busy')]).toHaveLength(4)
  })

  it('has its log opened and one sent again; what is a note stays hidden', async () => {
    const scene = await page(endpoint({ dead: 1 }), [delivery()])
    net.answers('integrationsGetDelivery', detail({ body: null }))
    await scene.user.click(screen.getByText('503'))
    await settled()
    expect(screen.getByText('这是内部备注，你没有查看的权限。')).toBeTruthy()
    net.answers('integrationsReplayDelivery', delivery({ state: 'waiting' }))
    await press(scene, '重新投递')
    expect(net.asked('integrationsReplayDelivery')).toHaveLength(1)
  })

  it('says that it has switched itself off, and is switched on again', async () => {
    const scene = await page(endpoint({ state: 'stopped' }))
    expect(alerts()[0]).toContain('已自动关闭')
    net.answers('integrationsEditEndpoint', endpoint())
    await press(scene, '打开')
    expect(net.asked('integrationsEditEndpoint').map(({ body }) => body)).toEqual([{ on: true }])
  })
})

describe('the reference', () => {
  const contract: Contract = {
    info: { version: '1' },
    paths: {
      '/api/teams': {
        post: { operationId: 'workspaces_create_team', tags: ['workspaces'], 'x-permission': 'team.manage', requestBody: { content: { json: { schema: { $ref: '#/components/schemas/TeamName' } } } }, responses: { 201: { content: { json: { schema: { $ref: '#/components/schemas/Team' } } } }, '4XX': {} } },
      },
      '/api/me': { get: { operationId: 'workspaces_get_me', tags: ['workspaces'], responses: { 200: {} } } },
    },
    components: {
      schemas: {
        TeamName: { type: 'object', required: ['name'], properties: { name: { type: 'string', minLength: 1, maxLength: 100 } } },
        Team: { type: 'object', properties: { within: { $ref: '#/components/schemas/Team' }, at: { oneOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }] }, ids: { type: 'array', items: { type: 'string' } } } },
      },
    },
  }

  it('has what keys can call, with its fields, and ends where shapes hold themselves', () => {
    const [one] = operationsOf(contract)
    expect([operationsOf(contract).length, one?.method, one?.right]).toEqual([1, 'POST', 'team.manage'])
    expect(fieldsOf(contract, { $ref: '#/components/schemas/TeamName' })).toEqual([{ name: 'name', depth: 0, type: 'string · 1…100', required: true, text: '' }])
    expect(fieldsOf(contract, { $ref: '#/components/schemas/Team' }).length).toBeLessThan(12)
    expect(typeOf(contract.components.schemas.Team?.properties?.at)).toBe('string · date-time | null')
    expect([found(operationsOf(contract), 'teams post').length, found(operationsOf(contract), 'webhook').length]).toEqual([1, 0])
    expect(curlOf('https://desk.example', one!)).toContain('Idempotency-Key')
  })
})
