"""When we are there: weekly hours, holidays with make-up work days, and who keeps to which schedule.

Owns: schedules, schedule_versions, schedule_holidays, holiday_sets, schedule_uses.
Emits: HoursChanged.
Called by: whoever must know whether a channel or team is open (`service`); `calendar` is pure.
"""
