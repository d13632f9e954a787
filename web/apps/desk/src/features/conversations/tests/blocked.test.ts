import { screen, within } from '@testing-library/vue'
import { beforeEach, expect, it } from 'vitest'
import { press } from '../../../tests/hands'
import { me, net, place, settled } from '../../../tests/stage'
import BlockedPage from '../pages/BlockedPage.vue'

const row = (contact_id: string, more = {}): object => ({
  contact_id, contact_name: '陈露', contact_number: '123456', reason: '广告', since: '2026-11-22T08:00:00.000Z', until: null, by_name: '周主管', ...more,
})

beforeEach(() => net.answers('shieldSources', { items: [], next: null }))

it('shows who is blocked, why and until when, and lifts it', async () => {
  net.answers('workspacesGetMe', me({ permissions: ['contact.block'] }))
  net.answers('conversationsBlocks', { items: [row('p1'), row('p2', { contact_name: '', until: '2031-01-02T01:30:00.000Z', reason: '' })], next: null } as never)
  net.answers('conversationsUnblock', undefined as never)
  const scene = await place(BlockedPage, {})
  const items = screen.getAllByRole('listitem').map((item) => item.textContent)
  expect(items[0]).toMatch(/陈露.*广告 · 周主管 于 .* 屏蔽 · 直到手动解除/)
  expect(items[1]).toMatch(/访客 123456.*到 2031年1月2日/)
  net.answers('conversationsBlocks', { items: [], next: null })
  await press(scene, '解除对 陈露 的屏蔽')
  await settled()
  expect(net.asked('conversationsUnblock').map(({ path }) => path)).toEqual([{ contact_id: 'p1' }])
  expect(within(document.body).getByText('没有屏蔽任何客户')).toBeTruthy()
})

it('lifts what stands on one identity there alone', async () => {
  net.answers('workspacesGetMe', me({ permissions: ['contact.block'] }))
  net.answers('conversationsBlocks', { items: [row('p1', { identity_id: 'i1', channel: 'webchat' })], next: null } as never)
  net.answers('conversationsUnblockIdentity', undefined as never)
  const scene = await place(BlockedPage, {})
  expect(screen.getByRole('listitem').textContent).toMatch(/只屏蔽了.*的一个身份 · 广告/)
  await press(scene, '解除对 陈露 的屏蔽')
  await settled()
  expect(net.asked('conversationsUnblockIdentity').map(({ path }) => path)).toEqual([{ identity_id: 'i1' }])
  expect(net.asked('conversationsUnblock')).toEqual([])
})
