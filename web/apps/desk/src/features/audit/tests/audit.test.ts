import type { AuditExport, ChainFault, EntryView } from '@kezhan/api'
import { screen } from '@testing-library/vue'
import { beforeEach, describe, expect, it } from 'vitest'
import { i18n, show } from '../../../i18n'
import { alerts, press, problem } from '../../../tests/hands'
import { me, net, place, type Scene } from '../../../tests/stage'
import AuditPage from '../pages/AuditPage.vue'

const entry = (id: string, more: Partial<EntryView> = {}): EntryView => ({
  id, number: 1, at: '2026-11-22T08:00:00.000Z', actor_kind: 'member', actor_id: 'm1', actor_name: '小林', group: 'sign_in', action: 'session.open',
  subject_kind: 'session', subject_id: null, subject_name: null, detail: null, changes: [], forgotten: false, peer: '203.0.113.9', ...more,
})
const open = (language: 'zh-CN' | 'en' = 'zh-CN', path = '/settings/audit'): Promise<Scene> => place(AuditPage, {}, { path, lineOpen: false, language })
function page(items: EntryView[], language: 'zh-CN' | 'en' = 'zh-CN'): Promise<Scene> {
  net.answers('auditListEntries', { items, next: null })
  return open(language)
}
const rows = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('ol > li > button')]
const lines = (): (string | undefined)[] => rows().map((row) => row.innerText ?? row.textContent ?? '').map((text) => text.replace(/\s+/g, ' ').trim())

beforeEach(() => net.answers('workspacesGetMe', me({ permissions: ['audit.read', 'audit.export', 'workspace.manage'] })))

describe('a line of the log', () => {
  it('tells who did what from where', async () => {
    await page([entry('a')])
    expect(lines()[0]).toContain('小林 登录')
    expect(lines()[0]).toContain('203.0.113.9')
    expect(document.querySelector('time')?.dateTime).toBe('2026-11-22T08:00:00.000Z')
  })

  it.each([
    ['member', '成员'],
    ['token', 'API 密钥'],
    ['system', '系统'],
    ['anonymous', '未登录者'],
  ])('has a word for a nameless %s', async (actor_kind, word) => {
    await page([entry('a', { actor_kind, actor_name: null, peer: null })])
    expect(lines()[0]).toContain(`${word} 登录`)
  })

  it.each([
    [{ detail: { v: 1, sessions: 3 } }, '登录数 3'],
    [{ detail: { fields: ['name'] }, changes: [{ field: 'name', before: '夜班', after: '晚班' }] }, '名称 夜班 → 晚班'],
    [{ changes: [{ field: 'role', before: 'agent', after: 'auditor' }] }, '角色 客服 → 审计员'],
    [{ changes: [{ field: 'steps.0.title', before: null, after: true }] }, 'steps › 1 › 标题 是'],
    [{ changes: [{ field: 'scopes', before: [], after: ['audit.read', 'team.manage'] }] }, '权限 无 → 查看操作日志、管理小组'],
    [{ forgotten: true }, '个人信息已随客户删除而失效'],
    [{ detail: { v: 1, more: { count: 2 } } }, '其余改动 数量 2'],
  ])('says %j in words', async (more: Partial<EntryView>, text) => {
    await page([entry('a', more)])
    expect(lines()[0]).toContain(text)
    expect(document.body.textContent).not.toMatch(/[{}]/)
  })

  it('shows an action of a newer server by its name', async () => {
    await page([entry('a', { action: 'moon.land', peer: null })])
    expect(lines()[0]).toContain('小林 moon.land')
  })

  it('opens with all there is of it, and asks for what else was done to the same', async () => {
    const scene = await page([entry('a', { action: 'team.edit', group: 'settings', subject_kind: 'team', subject_id: 't1', subject_name: '晚班', changes: [{ field: 'name', before: '夜班', after: '晚班' }] })])
    await press(scene, /小林/)
    const sheet = screen.getByRole('dialog')
    for (const text of ['修改小组', '203.0.113.9', '小组 晚班', '夜班', '只看这个人']) expect(sheet.textContent).toContain(text)
    await press(scene, '只看这个对象')
    expect(net.asked('auditListEntries').at(-1)?.query).toMatchObject({ subject_id: 't1' })
  })
})

describe('words', () => {
  const files = import.meta.glob<string>(['../../../../../../../kezhan/*/*.py', '../../../../../../../kezhan/*/*/*.py'], { eager: true, query: '?raw', import: 'default' })
  // Every way the server has to name an action: caller.did(…), record(…), a look, an event's `action`.
  const NAMED = /(?:\bdid\(|\brecord\(\s*tx, (?:caller|None), |changed\(tx, caller, |_note\(caller, |_record\(tx, caller, |action(?:: str )?= ?)"([a-z_]+\.[a-z_]+)"/g
  const actions = [...new Set(Object.values(files).flatMap((text) => [...text.matchAll(NAMED)].map((found) => found[1]!)))].sort()

  it('are looked for in the server itself', () => {
    for (const known of ['session.open', 'token.revoke', 'channel.rotate_secret', 'contact.edit', 'conversation.close', 'contact.look', 'audit.cut', 'audit.export', 'search.export_read']) expect(actions).toContain(known)
  })

  it.each(['zh-CN', 'en'] as const)('are there for everything the server writes down (%s)', async (language) => {
    await show(language)
    const { te } = i18n.global
    expect(actions.filter((action) => !te(`audit.actions.${action}`))).toEqual([])
  })

  it('are shown in the reader’s language', async () => {
    await page([entry('a', { action: 'channel.rotate_secret', peer: null })], 'en')
    expect(lines()[0]).toContain('小林 replaced a channel')
  })
})

describe('the log', () => {
  it('goes on page by page, oldest last, until there is no more', async () => {
    net.answers('auditListEntries', ({ query }) => (query.after ? { items: [entry('b', { action: 'team.create' })], next: null } : { items: [entry('a')], next: 'p2' }))
    const scene = await open()
    await press(scene, '更多')
    expect([rows().length, screen.queryByRole('button', { name: '更多' })]).toEqual([2, null])
    expect(net.asked('auditListEntries').map(({ query }) => [query.after, query.limit])).toEqual([[undefined, '50'], ['p2', '50']])
  })

  it('keeps what is there where the next page cannot be read, says so and tries again', async () => {
    net.answers('auditListEntries', { items: [entry('a')], next: 'p2' })
    const scene = await open()
    net.refuses('auditListEntries', problem(400, 'kit.bad_cursor', '翻页位置无效，请从头查看。'))
    await press(scene, '更多')
    expect([rows().length, alerts()]).toEqual([1, ['翻页位置无效，请从头查看。']])
    net.answers('auditListEntries', { items: [entry('b')], next: null })
    await press(scene, '更多')
    expect([rows().length, alerts()]).toEqual([2, []])
  })

  it('says that there is nothing yet', async () => {
    await page([])
    expect(screen.getByText('还没有记录')).toBeTruthy()
  })

  it('says that nothing fits what its address asks for', async () => {
    net.answers('auditListEntries', { items: [], next: null })
    await open('zh-CN', '/settings/audit?group=export&who=m1&from=2026-11-01')
    expect(screen.getByText('没有符合条件的记录')).toBeTruthy()
    expect(net.asked('auditListEntries').at(-1)?.query).toMatchObject({ group: 'export', actor_id: 'm1' })
  })

  it('says why it cannot be read, and reads it when asked again', async () => {
    net.breaks('auditListEntries')
    const scene = await open()
    expect(alerts()).toEqual([expect.stringContaining('暂时连不上服务器')])
    net.answers('auditListEntries', { items: [entry('a')], next: null })
    await press(scene, '重试')
    expect([alerts(), rows().length]).toEqual([[], 1])
  })
})

describe('the check', () => {
  it('goes along the chain step by step and names each fault', async () => {
    const fault: ChainFault = { kind: 'changed', number: 3, last: null, entry_id: 'e3', at: '2026-11-22T08:00:00.000Z', action: 'team.edit' }
    net.answers('auditCheck', ({ body }) => ((body as { after: string | null }).after ? { checked: 4, total: 4, faults: [fault], next: null } : { checked: 2, total: 4, faults: [], next: 's2' }))
    const scene = await page([entry('a')])
    await press(scene, '防篡改校验')
    await press(scene, '开始校验')
    expect(alerts()).toEqual(['发现 1 处问题'])
    expect(screen.getByText('内容被改动').parentElement?.textContent).toContain('第 3 条 · 修改小组')
    net.answers('auditCheck', { checked: 4, total: 4, faults: [], next: null })
    await press(scene, '再次校验')
    expect([alerts(), Boolean(screen.getByText('核对了 4 条，没有发现改动'))]).toEqual([[], true])
  })

  it('is offered without what the reader may not do', async () => {
    net.answers('workspacesGetMe', me({ permissions: ['audit.read'] }))
    const scene = await page([entry('a')])
    expect(screen.queryByRole('button', { name: '导出' })).toBeNull()
    net.answers('auditSettings', { keep_days: 365 })
    await press(scene, '保留期限')
    expect(screen.queryByRole('button', { name: '保存' })).toBeNull()
    expect(screen.getByText('365 天')).toBeTruthy()
  })
})

describe('an export', () => {
  it('takes out what the filters show', async () => {
    net.answers('auditListExports', { items: [], most: 200_000 })
    net.answers('auditExport', {} as AuditExport)
    net.answers('auditListEntries', { items: [entry('a')], next: null })
    const scene = await open('zh-CN', '/settings/audit?group=sign_in')
    await press(scene, '导出')
    const dialog = screen.getByRole('dialog')
    expect(dialog.textContent).toContain('筛选后的记录')
    dialog.querySelector('form')!.requestSubmit()
    await expect.poll(() => net.asked('auditExport').map(({ body }) => body)).toEqual([{ question: { group: 'sign_in' }, form: 'xlsx' }])
  })
})
