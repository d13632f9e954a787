"""What crosses the rooms."""

from enum import StrEnum

MAX_WAITING = 3
"""Of one member, at work, in each room."""


class ExportState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


BUSY = (ExportState.WAITING, ExportState.RUNNING)
