"""What an archive says of itself, when backups are made, and what crosses the wire."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.kit.clock import Instant

Kind = Literal["backup", "rehearsal"]
Cause = Literal["schedule", "hand", "command", "upgrade"]
State = Literal["running", "done", "failed"]


class About(Struct, frozen=True, kw_only=True):
    """The first thing in an archive. `revision` is the schema's, `server` PostgreSQL's major."""

    v: Literal[1] = 1
    made_at: datetime
    version: str
    revision: str
    server: int
    cause: Cause


class TableSum(Struct, frozen=True, kw_only=True):
    """One table at the backup's instant. `digest`: 64 bits of each row's MD5, added up."""

    rows: int
    digest: str


class Part(Struct, frozen=True, kw_only=True):
    """Everything of one kind in the archive. `digest`: SHA-256 over all of it, names and lengths included."""

    count: int
    bytes: int
    digest: str


class Manifest(Struct, frozen=True, kw_only=True):
    """The last thing in an archive: what a restored installation must hold. Of the files the rows knew,
    `gone` were erased while the backup ran, `damaged` have not the bytes that were once received."""

    about: About
    tables: dict[str, TableSum]
    dump: Part
    files: Part
    kept: Part
    gone: int
    damaged: int

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())


class Taken(Struct, frozen=True, kw_only=True):
    """A backup that was made, or an archive that was looked through."""

    archive: str
    bytes: int
    manifest: Manifest


class Restored(Struct, frozen=True, kw_only=True):
    """`seconds` from the first byte read to the last comparison; `checking` of them for the first look."""

    manifest: Manifest
    seconds: float
    checking: float


Count = Annotated[int, Meta(ge=0, le=366)]


class BackupPlan(Struct, frozen=True, kw_only=True):
    """When backups are made by themselves and how long they stay. `minute` of the day in `time_zone`;
    `rehearse_days` between two rehearsals, 0: none."""

    enabled: bool = True
    minute: Annotated[int, Meta(ge=0, le=1439)] = 180
    time_zone: Annotated[str, Meta(min_length=1, max_length=64)] = "Asia/Shanghai"
    keep_daily: Annotated[int, Meta(ge=1, le=366)] = 7
    keep_weekly: Annotated[int, Meta(ge=0, le=260)] = 4
    keep_monthly: Annotated[int, Meta(ge=0, le=120)] = 12
    rehearse_days: Count = 30


class Run(Struct, frozen=True, kw_only=True):
    """One backup or rehearsal; `fault` is a refusal's code, `said` what was said with it."""

    id: UUID
    kind: Kind
    cause: Cause
    state: State
    archive: str
    place: str
    bytes: int
    files: int
    row_count: int
    damaged: int
    fault: str
    said: str
    started_at: datetime
    ended_at: datetime | None

    @property
    def seconds(self) -> float:
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else 0.0


class Standing(Struct, frozen=True, kw_only=True):
    """How backups stand: the last good ones, what failed since, and whether one is overdue."""

    plan: BackupPlan
    backup: Run | None
    rehearsal: Run | None
    failures: int
    late: bool
    next_at: datetime | None


class RunView(Struct, frozen=True, kw_only=True):
    """`fault`: why it failed, in the reader's language; empty where it did not."""

    id: UUID
    kind: Kind
    cause: Cause
    state: State
    archive: str
    bytes: int
    files: int
    rows: int
    damaged: int
    fault: str
    seconds: float
    started_at: Instant
    ended_at: Instant | None


class BackupView(Struct, frozen=True, kw_only=True):
    """The settings page. `place` is set by whoever runs the machine, `apart`: it is not the data folder's
    own; `key`: `given` by settings, in a `file`, or still to be made (`none`)."""

    plan: BackupPlan
    place: str
    apart: bool
    key: Literal["given", "file", "none"]
    late: bool
    failures: int
    next_at: Instant | None
    backup: RunView | None
    rehearsal: RunView | None
    runs: list[RunView]


class RunForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to begin now."""

    kind: Kind
