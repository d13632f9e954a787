import type { Me } from '@kezhan/api'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startCalls } from './call'
import { show } from './i18n'
import { router } from './router'

const me = (permissions: string[]): Me => ({
  id: 'm1', user_id: 'u1', session_id: 's1', name: '小林', email: 'lin@tea.example', role: 'agent', language: 'zh-CN', permissions,
  team_ids: [], workspace: { id: 'w1', name: '茶铺', language: 'zh-CN', time_zone: 'Asia/Shanghai', demo: false, show_supervisors: true, watermark: [], accent: null, tints: null, logo: null }, workspaces: [], method: 'password', factor_due: null, factor_needed: false, idle_minutes: null, csrf: 'x',
})
const answer = (status: number, body: unknown): void => {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })))
}

beforeEach(async () => {
  setActivePinia(createPinia())
  await show('zh-CN')
  startCalls(() => {})
})
afterEach(() => vi.unstubAllGlobals())

it('sends somebody who is not signed in to the door, and remembers where she was going', async () => {
  answer(401, { code: 'workspaces.sign_in_needed', title: '请先登录。', status: 401 })
  await router.push('/settings/team')
  expect(router.currentRoute.value).toMatchObject({ name: 'sign-in', query: { to: '/settings/team' } })
})

it('does not open a page to those without the right', async () => {
  answer(200, me(['conversation.read']))
  await router.push('/settings/tokens')
  expect(router.currentRoute.value.name).toBe('settings')
})

it('opens it to those who have it', async () => {
  answer(200, me(['token.manage']))
  await router.push('/settings/tokens')
  expect(router.currentRoute.value.name).toBe('tokens')
})

it('says that the server is away instead of asking to sign in', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('failed')))
  await router.push('/contacts')
  expect(router.currentRoute.value).toMatchObject({ name: 'unreachable', query: { to: '/contacts' } })
})

it('has a page for an address that leads nowhere', async () => {
  answer(200, me([]))
  await router.push('/no/such/place')
  expect(router.currentRoute.value.name).toBe('nowhere')
})
