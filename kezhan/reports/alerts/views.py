"""Alerts as they are shown."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from kezhan.kit.clock import wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.kit.reading import ReadRow
from kezhan.reports.alerts import store
from kezhan.reports.schemas import AlertKind, AlertView


async def open_alerts(tx: Tx, teams: Sequence[UUID] | None) -> list[AlertView]:
    """Those that are on, the gravest first: of these teams, or all and the workspace's own."""
    return [_view(row) for row in await store.on(tx, teams)]


async def list_alerts(tx: Tx, after: str | None, limit: int) -> Page[AlertView]:
    """What was on, newest first; those that are on among them."""
    size = page_size(limit)
    key = decode_cursor(after, tuple[datetime, UUID]) if after else None
    rows = await store.history(tx, key, size + 1)
    more = encode_cursor(rows[size - 1]["began_at"], rows[size - 1]["id"]) if len(rows) > size else None
    return Page(items=[_view(row) for row in rows[:size]], next=more)


def _view(row: ReadRow) -> AlertView:
    return AlertView(
        id=row["id"],
        rule_id=row["rule_id"],
        kind=AlertKind(row["kind"]),
        team_id=row["team_id"],
        team=row["team"],
        account_id=row["account_id"],
        account=row["account"],
        threshold=row["threshold"],
        level=row["level"],
        value=row["value"],
        began_at=wire(row["began_at"]),
        ended_at=wire_or_none(row["ended_at"]),
        reason=row["reason"],
    )
