import type { HolidayView, ScheduleView, SchedulePreview } from '@kezhan/api'
import { weekFrom, office } from '../week'

export const schedule = (more: Partial<ScheduleView> = {}): ScheduleView => ({
  id: 's1', name: '白班', time_zone: 'Asia/Shanghai', weekly: { days: weekFrom((day) => (day < 5 ? [office] : [])) }, holiday_set_ids: [], version: 3,
  open: true, changes_at: null, created_at: '2026-11-01T00:00:00.000Z', archived_at: null,
  ...more,
})

export const holidays = (more: Partial<HolidayView> = {}): HolidayView => ({
  id: 'h1', name: '年会', source: '', days: [{ date: '2026-12-25', kind: 'off', name: '圣诞' }], version: 2, created_at: '2026-11-01T00:00:00.000Z',
  ...more,
})

export const preview = (more: Partial<SchedulePreview> = {}): SchedulePreview => ({
  open: false, changes_at: null,
  days: [
    { date: '2026-11-22', kind: null, name: '', intervals: [] },
    { date: '2026-11-23', kind: 'off', name: '年会', intervals: [] },
    { date: '2026-11-24', kind: 'work', name: '补班', intervals: [{ start: 540, end: 720 }] },
  ],
  ...more,
})
