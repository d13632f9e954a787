"""The log of one endpoint: what was sent, what was answered, and sending it once more."""

from uuid import UUID

from msgspec import Struct

from kezhan.audit.service import record
from kezhan.integrations import store
from kezhan.integrations.endpoints import held
from kezhan.integrations.schemas import (
    HookAttemptView,
    HookDeliveryDetail,
    HookDeliveryState,
    HookDeliveryView,
    HookReplayed,
    ReplaySpan,
)
from kezhan.kit.clock import wire
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.kit.reading import ReadRow
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission

KEPT_DAYS = 30
SHOWN_ATTEMPTS = 50
REPLAYED = 5000
"""Deliveries that one request sends once more at the most; asked again it goes on."""


class _Detail(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="v", tag=1):
    """For the audit log."""

    count: int | None = None
    delivery_id: UUID | None = None


async def page(
    tx: Tx, endpoint_id: UUID, *, state: HookDeliveryState | None, after: str | None, limit: int
) -> Page[HookDeliveryView]:
    """Newest first. Raises NotFound."""
    await _known(tx, endpoint_id)
    size = page_size(limit)
    before = decode_cursor(after, tuple[int])[0] if after else None
    if before is not None and not 0 <= before < 2**63:
        raise Refused("kit.bad_cursor", field="after")
    rows = await store.log(tx, endpoint_id, state=state, before=before, limit=size + 1)
    more = encode_cursor(rows[size - 1]["no"]) if len(rows) > size else None
    return Page(items=[view(row) for row in rows[:size]], next=more)


async def detail(tx: Tx, caller: Caller, endpoint_id: UUID, delivery_id: UUID) -> HookDeliveryDetail:
    """Raises NotFound."""
    row = await _delivery(tx, endpoint_id, delivery_id)
    tries = await store.attempts(tx, delivery_id, SHOWN_ATTEMPTS)
    hidden = row["kind"].startswith("note.") and not caller.may(Permission.WEBHOOK_NOTES)
    return HookDeliveryDetail(
        delivery=view(row),
        headers=headers(row["event_id"], row["kind"], "t=…,v1=…"),
        body=None if hidden else row["body"],
        tries=[
            HookAttemptView(
                at=wire(one.at), took_ms=one.took_ms, status=one.status, fault=one.fault,
                media_type=one.media_type, answer="" if hidden else one.answer,
            )
            for one in tries
        ],
    )  # fmt: skip


async def replay(tx: Tx, caller: Caller, endpoint_id: UUID, delivery_id: UUID) -> HookDeliveryView:
    """It goes out once more, under the same id; one that waits is left as it is. Raises NotFound, and Refused
    409 where the endpoint is not on."""
    await _on(tx, endpoint_id)
    await _delivery(tx, endpoint_id, delivery_id)
    if await store.replay(tx, delivery_id):
        await record(
            tx, caller, "webhook.replay", "webhook", endpoint_id, detail=_Detail(delivery_id=delivery_id)
        )
    return view(await _delivery(tx, endpoint_id, delivery_id))


async def replay_span(tx: Tx, caller: Caller, endpoint_id: UUID, span: ReplaySpan) -> HookReplayed:
    """All that has died of what happened in a span of time. Raises as `replay` does."""
    for field, at in (("since", span.since), ("until", span.until)):
        if not 1 < at.year < 9999:
            raise Refused("integrations.bad_time", 400, field=field)
    await _on(tx, endpoint_id)
    count = await store.replay_dead(tx, endpoint_id, span.since, span.until, REPLAYED)
    if count:
        await record(tx, caller, "webhook.replay", "webhook", endpoint_id, detail=_Detail(count=count))
    return HookReplayed(count)


def headers(event_id: UUID, kind: str, signature: str) -> dict[str, str]:
    """Of a call."""
    return {
        "content-type": "application/json",
        "x-kezhan-event": kind,
        "x-kezhan-event-id": str(event_id),
        "x-kezhan-signature": signature,
    }


def view(row: ReadRow) -> HookDeliveryView:
    return HookDeliveryView(
        id=row["id"],
        event_id=row["event_id"],
        kind=row["kind"],
        at=wire(row["at"]),
        state=row["state"],
        attempts=row["attempts"],
        due_at=wire(row["due_at"]) if row["state"] == "waiting" else None,
        status=row["status"],
        fault=row["fault"],
    )


async def _known(tx: Tx, endpoint_id: UUID) -> None:
    if await store.endpoint(tx, endpoint_id) is None:
        raise NotFound("integrations.no_endpoint")


async def _on(tx: Tx, endpoint_id: UUID) -> None:
    if (await held(tx, endpoint_id)).state != "on":
        raise Refused("integrations.not_on", 409)


async def _delivery(tx: Tx, endpoint_id: UUID, delivery_id: UUID) -> ReadRow:
    await _known(tx, endpoint_id)
    row = await store.delivery(tx, endpoint_id, delivery_id)
    if row is None:
        raise NotFound("integrations.no_delivery")
    return row
