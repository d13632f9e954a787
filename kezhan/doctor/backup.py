"""Backups: made of late, opened by the key that is here, room for the next, ever rehearsed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from kezhan.backup import keys
from kezhan.backup.places import Place, default
from kezhan.backup.schemas import Standing
from kezhan.backup.sealed import head_of, opens
from kezhan.backup.take import SPARE_BYTES, expected_after
from kezhan.doctor.findings import Finding, fault, ok, warn
from kezhan.kit.errors import Refused
from kezhan.settings import Settings

_REHEARSAL_OLD = timedelta(days=90)


def check_place(settings: Settings) -> Iterator[Finding]:
    """What can be seen without the database. The place is not made by looking."""
    if not settings.backup_to and not default(settings).exists():
        return
    if not settings.backup_to:
        yield warn("backup_near", folder=default(settings))
    elif not settings.backup_to.startswith("s3://") and not Path(settings.backup_to).expanduser().exists():
        yield fault("backup_place", why=settings.backup_to)
        return
    try:
        place = Place.at(settings)
        archives = place.archives()
    except Refused as refused:
        yield fault("backup_place", why=refused.params.get("said"))
        return
    room = place.room()
    need = expected_after(archives[0]) + SPARE_BYTES if archives else 0
    if room is not None and room < need:
        yield warn("backup_room", place=place.name, free=room // 2**20, need=need // 2**20)
    try:
        key = keys.read(settings)
    except Refused:
        if archives:
            yield fault("backup_key", path=settings.data / keys.FILE)
        return
    if archives and not opens(head_of(place.open(archives[0].name)), key):
        yield fault("backup_key_other", archive=archives[0].name)


def check_standing(standing: Standing, now: datetime) -> Iterator[Finding]:
    if not standing.plan.enabled:
        yield warn("backup_off")
    if standing.backup is None and standing.next_at is not None and not standing.late:
        yield ok("backup_first", at=f"{standing.next_at:%Y-%m-%d %H:%M}Z")
        return
    if standing.backup is None:
        yield fault("backup_never") if standing.late else warn("backup_never")
        return
    age = now - standing.backup.started_at
    if standing.late:
        yield fault("backup_late", hours=_hours(age), failures=standing.failures)
    else:
        size = standing.backup.bytes // 2**20
        yield ok("backup", hours=_hours(age), size=size, seconds=round(standing.backup.seconds, 1))
    if standing.rehearsal is None:
        yield warn("backup_unproven")
    elif now - standing.rehearsal.started_at > _REHEARSAL_OLD:
        yield warn("backup_proven_long_ago", days=(now - standing.rehearsal.started_at).days)


def _hours(age: timedelta) -> int:
    return round(age.total_seconds() / 3600)
