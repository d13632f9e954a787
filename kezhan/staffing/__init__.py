"""Who works when, and how many it takes: shifts, rosters that switch seats, the forecast of what comes.

Owns: shifts, week_patterns, week_pattern_days, roster_entries, roster_duties, staffing_settings.
Emits: DutyChanged.
Called by: the workbench; its own timer, at each moment a shift begins or ends.
"""
