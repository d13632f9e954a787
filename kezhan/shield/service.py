"""Settings, blocked addresses and devices, and the bounds that were reached."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct, structs

from kezhan.audit.service import record
from kezhan.kit.changes import between
from kezhan.kit.clock import now, wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.kit.reading import ReadRow
from kezhan.shield import store
from kezhan.shield.addresses import network
from kezhan.shield.events import ShieldChanged
from kezhan.shield.schemas import (
    MAX_SOURCES,
    BlockedSourceIn,
    BlockedSourceView,
    Bound,
    Counted,
    Floods,
    FloodView,
    ShieldEdit,
    ShieldSettings,
    ShieldView,
)
from kezhan.workspaces.authenticate import Caller

_SHOWN_FLOODS = 100
_DEVICE = re.compile(r"[0-9a-f]{16}")


class SourceDetail(Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    """For the audit log. The address itself is a personal value and stands in the list alone."""

    kind: str


async def view(tx: Tx) -> ShieldView:
    settings, version = await store.settings(tx)
    return ShieldView(settings=settings, version=version)


async def edit(tx: Tx, caller: Caller, form: ShieldEdit) -> ShieldView:
    """Raises Refused: a hard bound below its soft one, 409 where they were changed meanwhile."""
    before, version = await store.settings(tx)
    _check_bounds(form.settings)
    if form.settings == before:
        return ShieldView(settings=before, version=version)
    if not await store.put_settings(tx, form.settings, form.version):
        raise Refused("shield.changed_meanwhile", 409)
    told = between(before, form.settings)
    await record(tx, caller, "shield.edit", "workspace", tx.workspace, changes=told)
    await emit(tx, ShieldChanged())
    return await view(tx)


def _check_bounds(settings: ShieldSettings) -> None:
    for rule in (Counted.MESSAGES, Counted.FILES, Counted.CONVERSATIONS):
        for scope, bound in structs.asdict(getattr(settings, rule)).items():
            if isinstance(bound, Bound) and bound.hard and bound.soft > bound.hard:
                raise Refused("shield.soft_above_hard", field=f"{rule}.{scope}")


async def list_floods(tx: Tx) -> Floods:
    return Floods(items=[_flood_of(row) for row in await store.floods(tx, _SHOWN_FLOODS)])


# Blocked sources


async def list_sources(tx: Tx, after: str | None, limit: int) -> Page[BlockedSourceView]:
    size = page_size(limit)
    start = decode_cursor(after, tuple[datetime, UUID]) if after else None
    rows = await store.sources(tx, start, size + 1)
    last = rows[size - 1] if len(rows) > size else None
    more = encode_cursor(last["created_at"], last["id"]) if last is not None else None
    return Page(items=[_source_of(row) for row in rows[:size]], next=more)


async def block(tx: Tx, caller: Caller, form: BlockedSourceIn) -> BlockedSourceView:
    """One that is blocked already has another reason and end from now on. Raises Refused."""
    value = network(form.value) if form.kind == "address" else _device(form.value)
    if "\0" in form.reason:
        raise Refused("kit.bad_text", field="reason")
    await store.hold(tx)
    values: dict[str, Any] = {
        "id": new_id(),
        "kind": form.kind,
        "value": value,
        "reason": form.reason.strip(),
        "until": now() + timedelta(hours=form.hours) if form.hours else None,
        "by_name": caller.name,
    }
    source_id, fresh = await store.put_source(tx, values)
    if fresh and await store.count_sources(tx) > MAX_SOURCES:
        raise Refused("shield.too_many_sources", 409, limit=MAX_SOURCES)
    await record(
        tx, caller, "blocked_source.create", "blocked_source", source_id, detail=SourceDetail(kind=form.kind)
    )
    await emit(tx, ShieldChanged())
    row = await store.source(tx, source_id)
    assert row is not None  # noqa: S101 - put in this transaction
    return _source_of(row)


async def unblock(tx: Tx, caller: Caller, source_id: UUID) -> None:
    """One that is gone already is no fault."""
    if await store.drop_source(tx, source_id):
        await record(tx, caller, "blocked_source.remove", "blocked_source", source_id)
        await emit(tx, ShieldChanged())


def _device(value: str) -> str:
    if not _DEVICE.fullmatch(value):
        raise Refused("shield.no_device", field="value")
    return value


def _flood_of(row: ReadRow) -> FloodView:
    return FloodView(
        rule=Counted(row["rule"]),
        scope=row["scope"],
        key=row["key"],
        at=wire(row["starts_at"]),
        count=row["n"],
        level=row["level"],
    )


def _source_of(row: ReadRow) -> BlockedSourceView:
    return BlockedSourceView(
        id=row["id"],
        kind=row["kind"],
        value=row["value"],
        reason=row["reason"],
        until=wire_or_none(row["until"]),
        by_name=row["by_name"],
        since=wire(row["created_at"]),
        hits=row["hits"],
        hit_at=wire_or_none(row["hit_at"]),
    )
