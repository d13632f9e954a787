import type { EntryView } from '@kezhan/api'
import { screen } from '@testing-library/vue'
import { beforeEach, describe, expect, it } from 'vitest'
import { i18n, show } from '../../../i18n'
import { alerts, press, problem } from '../../../tests/hands'
import { me, net, place, type Scene } from '../../../tests/stage'
import AuditPage from '../pages/AuditPage.vue'

const entry = (id: string, more: Partial<EntryView> = {}): EntryView => ({
  id, at: '2026-11-22T08:00:00.000Z', actor_kind: 'member', actor_id: 'm1', actor_name: '小林', action: 'session.open', subject_kind: 'session',
  subject_id: 's1', detail: null, peer: '203.0.113.9', ...more,
})
function page(items: EntryView[], language: 'zh-CN' | 'en' = 'zh-CN'): Promise<Scene> {
  net.answers('auditListEntries', { items, next: null })
  return place(AuditPage, {}, { path: '/settings/audit', lineOpen: false, language })
}
const lines = (): (string | null | undefined)[] => [...document.querySelectorAll('time')].map((time) => time.nextElementSibling?.textContent)

beforeEach(() => net.answers('workspacesGetMe', me({ permissions: ['audit.read'] })))

describe('a line of the log', () => {
  it('tells who did what from where', async () => {
    await page([entry('a')])
    expect(lines()).toEqual(['小林 登录203.0.113.9'])
    expect(document.querySelector('time')?.dateTime).toBe('2026-11-22T08:00:00.000Z')
  })

  it.each([
    ['member', '成员'],
    ['token', 'API 令牌'],
    ['system', '系统'],
    ['anonymous', '未登录者'],
  ])('has a word for a nameless %s', async (actor_kind, word) => {
    await page([entry('a', { actor_kind, actor_name: null, peer: null })])
    expect(lines()).toEqual([`${word} 登录`])
  })

  it.each([
    [{ v: 1, role: 'admin', role_before: 'agent' }, 'role: admin · role_before: agent'],
    [{ fields: ['name', 'role'] }, 'fields: name, role'],
    [{ sessions: 3, whole: false }, 'sessions: 3 · whole: false'],
    [{ more: { a: 1 } }, 'more: {"a":1}'],
    [{ v: 1 }, ''],
    [null, ''],
  ])('writes the detail %j as it is, without its version', async (detail, text) => {
    await page([entry('a', { detail, peer: null })])
    expect(lines()).toEqual([`小林 登录${text}`])
  })

  it('shows an action of a newer server by its name', async () => {
    await page([entry('a', { action: 'moon.land', peer: null })])
    expect(lines()).toEqual(['小林 moon.land'])
  })
})

describe('words', () => {
  const files = import.meta.glob<string>(['../../../../../../../kezhan/*/*.py'], { eager: true, query: '?raw', import: 'default' })
  // Every way the server has to name an action: caller.did(…), record(…), an event's `action`.
  const NAMED = /(?:\bdid\(|\brecord\(tx, caller, |changed\(tx, caller, |action(?:: str )?= ?)"([a-z_]+\.[a-z_]+)"/g
  const actions = [...new Set(Object.values(files).flatMap((text) => [...text.matchAll(NAMED)].map((found) => found[1]!)))].sort()

  it('are looked for in the server itself', () => {
    for (const known of ['session.open', 'token.revoke', 'channel.rotate_secret', 'contact.edit', 'conversation.close']) expect(actions).toContain(known)
  })

  it.each(['zh-CN', 'en'] as const)('are there for everything the server writes down (%s)', async (language) => {
    await show(language)
    const { te } = i18n.global
    const wordless = actions.filter((action) => !te(`audit.actions.${action}`) && !te(`desk.audit.action.${action.replace('.', '_')}`))
    expect(wordless).toEqual([])
  })

  it('are shown in the reader’s language', async () => {
    await page([entry('a', { action: 'channel.rotate_secret', peer: null })])
    expect(lines()).toEqual(['小林 更换了渠道密钥'])
  })
})

describe('the log', () => {
  it('goes on page by page, oldest last, until there is no more', async () => {
    net.answers('auditListEntries', ({ query }) => (query.after ? { items: [entry('b', { action: 'team.create' })], next: null } : { items: [entry('a')], next: 'p2' }))
    const scene = await place(AuditPage, {}, { path: '/settings/audit', lineOpen: false })
    await press(scene, '更多')
    expect([lines().length, screen.queryByRole('button', { name: '更多' })]).toEqual([2, null])
    expect(net.asked('auditListEntries').map(({ query }) => [query.after, query.limit])).toEqual([[undefined, '50'], ['p2', '50']])
  })

  it('keeps what is there where the next page cannot be read, says so and tries again', async () => {
    net.answers('auditListEntries', { items: [entry('a')], next: 'p2' })
    const scene = await place(AuditPage, {}, { path: '/settings/audit', lineOpen: false })
    net.refuses('auditListEntries', problem(400, 'kit.bad_cursor', '翻页位置无效，请从头查看。'))
    await press(scene, '更多')
    expect([lines().length, alerts()]).toEqual([1, ['翻页位置无效，请从头查看。']])
    net.answers('auditListEntries', { items: [entry('b')], next: null })
    await press(scene, '更多')
    expect([lines().length, alerts()]).toEqual([2, []])
  })

  it('asks once for a page, however often it is asked for', async () => {
    net.answers('auditListEntries', { items: [entry('a')], next: 'p2' })
    const scene = await place(AuditPage, {}, { path: '/settings/audit', lineOpen: false })
    net.holds('auditListEntries')
    await press(scene, '更多')
    await press(scene, '更多')
    expect(net.asked('auditListEntries')).toHaveLength(2)
  })

  it('says that there is nothing yet', async () => {
    await page([])
    expect(screen.getByText('还没有记录')).toBeTruthy()
  })

  it('says why it cannot be read, and reads it when asked again', async () => {
    net.breaks('auditListEntries')
    const scene = await place(AuditPage, {}, { path: '/settings/audit', lineOpen: false })
    expect(alerts()).toEqual([expect.stringContaining('暂时连不上服务器')])
    net.answers('auditListEntries', { items: [entry('a')], next: null })
    await press(scene, '重试')
    expect([alerts(), lines().length]).toEqual([[], 1])
  })
})
