"""What goes on now and what it comes to: the live monitor, its alerts, why people wait.

Owns: alert_rules, alert_events. The figures are read from what the rooms below keep; nothing is counted
twice. Emits: AlertBegan, AlertEnded. Called by: the workbench; wiring and app, which let the alerts' tick
run.
"""
