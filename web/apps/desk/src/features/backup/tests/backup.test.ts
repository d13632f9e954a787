import type { BackupView, RunView } from '@kezhan/api'
import { screen } from '@testing-library/vue'
import { beforeEach, expect, it } from 'vitest'
import { alerts, press, problem, write } from '../../../tests/hands'
import { agentMay, me, net, soon, visit } from '../../../tests/stage'

const run = (more: Partial<RunView> = {}): RunView => ({
  id: 'r1', kind: 'backup', cause: 'schedule', state: 'done', archive: 'kezhan-20261122T190000Z-0b41cc.kzb', bytes: 1_482_000_000, files: 12_441, rows: 2_411_870,
  damaged: 0, fault: '', seconds: 51.4, started_at: '2026-11-22T19:00:00.000Z', ended_at: '2026-11-22T19:00:51.400Z', ...more,
})
const view = (more: Partial<BackupView> = {}): BackupView => ({
  plan: { enabled: true, minute: 180, time_zone: 'Asia/Shanghai', keep_daily: 7, keep_weekly: 4, keep_monthly: 12, rehearse_days: 30 },
  place: '/srv/kezhan/backups', apart: false, key: 'file', late: false, failures: 0, next_at: '2026-11-23T19:00:00.000Z', backup: null, rehearsal: null, runs: [], ...more,
})

beforeEach(() => net.answers('workspacesGetMe', me({ permissions: [...agentMay, 'workspace.own'] })))

it('tells how backups stand and begins one; while it is made none other can be begun', async () => {
  net.answers('backupGet', view())
  const scene = await visit('/settings/backup')
  await soon(() => expect(screen.getByText('还没有备份过')).toBeTruthy())
  expect(screen.getByText('还没有演练过恢复')).toBeTruthy()
  expect(screen.getByText(/KEZHAN_BACKUP_TO/)).toBeTruthy()
  const rehearse = (): HTMLButtonElement => screen.getByRole('button', { name: '演练恢复' })
  expect(rehearse().disabled, 'nothing to rehearse').toBe(true)
  const running = view({ runs: [run({ state: 'running', cause: 'hand', archive: '', ended_at: null }), run({ id: 'r0', damaged: 2 })], backup: run() })
  net.answers('backupBegin', running)
  net.answers('backupGet', running)
  await press(scene, '立即备份')
  await soon(() => expect(screen.getByText('进行中')).toBeTruthy())
  expect(net.asked('backupBegin')[0]!.body).toEqual({ kind: 'backup' })
  expect(screen.getByRole<HTMLButtonElement>('button', { name: '立即备份' }).disabled).toBe(true)
  expect(screen.getByText(/1\.4 GB · 2,411,870 行 · 12,441 个文件 · 51 秒/)).toBeTruthy()
  expect(screen.getByText('2 个文件在存储中已损坏或丢失')).toBeTruthy()
})

it('keeps when and how many; a refusal stands beside its field', async () => {
  net.answers('backupGet', view())
  const scene = await visit('/settings/backup')
  await soon(() => expect(screen.getByLabelText('天')).toBeTruthy())
  await write('天', '14')
  net.refuses('backupPutPlan', { ...problem(400, 'backup.bad_zone', '无法识别该时区'), field: 'time_zone' })
  await press(scene, '保存')
  await soon(() => expect(screen.getByText('无法识别该时区')).toBeTruthy())
  net.answers('backupPutPlan', view())
  await press(scene, '保存')
  await soon(() => expect(net.asked('backupPutPlan')).toHaveLength(2))
  expect(net.asked('backupPutPlan')[1]!.body).toMatchObject({ keep_daily: 14, minute: 180, enabled: true })
})

it('says everywhere that one is overdue, and why where it is looked for', async () => {
  net.answers('backupGet', view({ late: true, failures: 1, runs: [run({ state: 'failed', fault: '空间不足' })] }))
  net.answers('auditListEntries', { items: [], next: null })
  net.answers('channelsList', { items: [] })
  net.answers('tagsList', { items: [], manages: false, limit: 1000 })
  net.answers('workspacesGetMe', me({ permissions: [...agentMay, 'workspace.own', 'audit.read'] }))
  const scene = await visit('/settings/audit')
  await soon(() => expect(screen.getByText('备份已逾期')).toBeTruthy())
  await scene.user.click(screen.getByRole('link', { name: '查看原因' }))
  await soon(() => expect(screen.getByText('空间不足')).toBeTruthy())
  expect(alerts().join()).toContain('失败了 1 次')
})

it('tells owners of another workspace whose affair it is, and nobody else of it at all', async () => {
  net.refuses('backupGet', problem(403, 'backup.installation_only', '只有首个企业空间的所有者可以查看和设置。'))
  await visit('/settings/backup')
  await soon(() => expect(screen.getByText('只有首个企业空间的所有者可以查看和设置。')).toBeTruthy())
  expect(screen.queryByRole('button', { name: '立即备份' })).toBeNull()
  expect(net.asked('backupGet'), 'asked once').toHaveLength(1)
})
