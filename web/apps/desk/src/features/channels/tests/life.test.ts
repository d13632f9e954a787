import { screen, within } from '@testing-library/vue'
import { beforeEach, expect, it } from 'vitest'
import { RouterView } from 'vue-router'
import { choose, problem, write } from '../../../tests/hands'
import { me, net, place, settled, type Scene } from '../../../tests/stage'
import { hoursOffered, lifeOf } from '../life'
import { channel, health, open, webchat } from './kinds'

const section = (): HTMLElement => screen.getByRole('heading', { name: '结束与再次来访' }).closest('section') as HTMLElement
const page = (permissions: string[] = ['channel.read', 'channel.manage']): Promise<Scene> => {
  net.answers('workspacesGetMe', me({ permissions: permissions as never }))
  return place(RouterView as never, {}, { path: '/settings/channels/c1?tab=rules', lineOpen: false })
}

beforeEach(() => {
  net.answers('channelsGet', channel({ adapter: 'open', settings: {} }))
  net.answers('channelsKinds', { items: [open, webchat] })
  net.answers('channelsList', { items: [channel()] })
  net.answers('channelsHealth', { items: [health()] })
  net.answers('hoursList', { items: [] })
  net.answers('hoursListUses', { items: [] })
  net.answers('workspacesListTeams', { items: [] })
  net.answers('routingListWeights', { items: [] })
  net.answers('routingGetSettings', { automatic: true })
  net.answers('routingListSkills', { items: [] })
  net.answersIfSilent('channelsAutoReplies', {})
  net.answersIfSilent('routingGetPolicy', { version: 1, saved_at: null, saved_by: '', policy: { rules: [] } })
})

it('writes out what the server leaves to its default, and offers the hours there are', () => {
  expect(lifeOf({ warning: { zh: '在吗' } })).toMatchObject({ idle: false, warn_minutes: 10, warning: { zh: '在吗', en: '' }, reopen_hours: 0 })
  expect(hoursOffered(24)).toEqual([0, 1, 2, 8, 24, 48, 72, 168])
  expect(hoursOffered(36)).toContain(36)
})

it('shows what the customer sees, and keeps what was changed', async () => {
  net.answers('channelsLife', { idle: true, warning: { zh: '还在吗？\n{minutes} 分钟后结束。', en: '' } })
  net.answers('channelsPutLife', ({ body }) => body as never)
  const scene = await page()
  const preview = within(section()).getByRole('figure')
  expect(preview.textContent).toContain('5 分钟后结束。')
  await write('提醒后多少分钟结束', '8')
  expect(preview.textContent).toContain('8 分钟后结束。')
  expect(preview.textContent).toContain('18 分钟后结束会话')
  await choose(scene, '结束后再来', '24 小时内接着原来的会话')
  await scene.user.click(within(section()).getByRole('button', { name: '保存结束与再次来访' }))
  await settled()
  expect(net.asked('channelsPutLife').map(({ body }) => body)).toMatchObject([{ idle: true, close_minutes: 8, reopen_hours: 24 }])
})

it('puts a refusal beside its text, in its language', async () => {
  net.answers('channelsLife', { idle: true })
  net.refuses('channelsPutLife', problem(400, 'channels.no_such_variable', '这里不能使用变量 {place}。', { field: 'closing.en' }))
  const scene = await page()
  await write('结束语', '{place}')
  await scene.user.click(within(section()).getByRole('button', { name: '保存结束与再次来访' }))
  await settled()
  expect(within(section()).getByText('这里不能使用变量 {place}。')).toBeTruthy()
  expect(within(section()).getByRole('button', { name: 'English' }).getAttribute('aria-pressed')).toBe('true')
})

it('only shows it to those who may not change it', async () => {
  net.answers('channelsLife', { idle: true })
  await page(['channel.read'])
  expect(within(section()).queryByRole('button', { name: '保存结束与再次来访' })).toBeNull()
})
