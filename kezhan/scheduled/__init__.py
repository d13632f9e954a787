"""Messages to be sent later: kept, shown to colleagues, sent once in their time or held with the reason.

Owns: scheduled_messages.
Emits: ScheduledDue, ScheduledChanged.
Called by: the workbench, wiring (the timer), app (what falls due is sent by the process that saw it).
"""
