"""From the outbox to what endpoints are told: written down once, with a delivery for each that asked."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from kezhan.conversations.schemas import FilePayload, NotePayload, Payload
from kezhan.integrations import store
from kezhan.integrations.public import NOTES, PUBLIC, Told
from kezhan.integrations.schemas import (
    SHAPE,
    HookAuthor,
    HookContact,
    HookConversation,
    HookFile,
    HookKind,
    HookMessage,
    HookSurvey,
    WebhookEvent,
)
from kezhan.kit.clock import now, wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.ids import new_id
from kezhan.kit.masking import masked
from kezhan.kit.outbox import Event, Handler
from kezhan.kit.reading import ReadRow
from kezhan.workspaces.service import cover_of_programs

GATHERED = "integrations.webhooks"

_encode = msgspec.json.Encoder().encode
_payload = msgspec.json.Decoder(Payload | None).decode


def handlers() -> tuple[Handler, ...]:
    """The room's `later` listeners."""
    return (Handler(GATHERED, tuple(PUBLIC), gather),)


async def gather(tx: Tx, events: Sequence[Event]) -> None:
    """Write down what somebody has asked for, in this order."""
    told = [one for event in events if (one := PUBLIC[type(event)](event)) is not None]
    recalled = [(one.conversation_id, one.seq) for one in told if one.kind is HookKind.MESSAGE_RECALLED]
    if recalled:
        await store.forget_said(tx, [(id_, seq) for id_, seq in recalled if id_ and seq])
    endpoints = await store.listening(tx) if told else []
    asked = {kind for endpoint in endpoints for kind in endpoint["events"]}
    told = [one for one in told if one.kind in asked or NOTES.get(one.kind) in asked]
    if not told:
        return
    facts, cover = await _facts(tx, told), await cover_of_programs(tx)
    rows: list[dict[str, Any]] = []
    ways: list[dict[str, Any]] = []
    for one in told:
        body = facts.body(tx.workspace, one)
        hearing = [endpoint["id"] for endpoint in endpoints if body and body.type in endpoint["events"]]
        if body is None or not hearing:
            continue
        body = body if cover is None else masked(body, cover)
        rows.append(row_of(body, one.lane, one.seq))
        ways += [
            {"id": new_id(), "endpoint_id": id_, "event_id": body.id, "lane": one.lane, "state": "waiting"}
            for id_ in hearing
        ]
    if rows:
        await store.add_events(tx, rows, ways)


def row_of(body: WebhookEvent, lane: UUID, seq: int | None) -> dict[str, Any]:
    """An event as it is kept."""
    text = _encode(body).decode()
    return {"id": body.id, "kind": str(body.type), "lane": lane, "seq": seq, "body": text, "at": now()}


async def _facts(tx: Tx, told: Sequence[Told]) -> "_Facts":
    talks = {one.conversation_id for one in told if one.conversation_id}
    places = {(one.conversation_id, one.seq) for one in told if one.conversation_id and one.seq is not None}
    people = {one.contact_id for one in told if one.contact_id}
    return _Facts(
        {row["id"]: row for row in await store.conversations(tx, list(talks))} if talks else {},
        {(row["conversation_id"], row["seq"]): row for row in await store.messages(tx, list(places))}
        if places
        else {},
        {row["id"]: row for row in await store.contacts(tx, list(people))} if people else {},
    )


class _Facts(msgspec.Struct, frozen=True):
    """What the events of a batch are about, as it stands."""

    talks: dict[UUID, ReadRow]
    said: dict[tuple[UUID, int], ReadRow]
    people: dict[UUID, ReadRow]

    def body(self, workspace_id: UUID, one: Told) -> WebhookEvent | None:
        """None where what it is about is gone."""
        more, kind = dict(one.more), one.kind
        if one.conversation_id is not None:
            talk = self.talks.get(one.conversation_id)
            if talk is None:
                return None
            more["conversation"] = _conversation(talk)
            if one.seq is not None:
                row = self.said.get((one.conversation_id, one.seq))
                # An internal note is never told of as a message.
                if row is None or row["kind"] == "event" or (row["kind"] == "note" and kind not in NOTES):
                    return None
                more["message"] = _message(row)
                kind = NOTES[kind] if row["kind"] == "note" else kind
        elif one.contact_id is not None:
            person = self.people.get(one.contact_id)
            if person is None:
                return None
            times = {"created_at": wire(person["created_at"])}
            more["contact"] = HookContact(**{**person, **times})
        if "survey" in more:
            more["survey"] = msgspec.convert(more["survey"], HookSurvey, from_attributes=True)
        return WebhookEvent(
            id=new_id(), type=kind, version=SHAPE, at=wire(now()), workspace_id=workspace_id, **more
        )


def _conversation(row: ReadRow) -> HookConversation:
    times = {"opened_at": wire(row["opened_at"]), "closed_at": wire_or_none(row["closed_at"])}
    return HookConversation(**{**row, **times})


def _message(row: ReadRow) -> HookMessage:
    """What its customer sees of it, and of a note what colleagues see; nothing of ours that stands beside."""
    gone = row["recalled_at"] is not None
    payload = _payload(row["payload"]) if row["payload"] and not gone else None
    file = None
    if isinstance(payload, FilePayload):
        file = HookFile(
            id=payload.file_id, name=payload.name, media_type=payload.media_type, size=payload.size
        )
    return HookMessage(
        conversation_id=row["conversation_id"],
        seq=row["seq"],
        kind=row["kind"],
        author=HookAuthor(kind=row["author_kind"], id=row["author_id"], name=row["author_name"]),
        at=wire(row["created_at"]),
        text="" if gone else row["body"],
        file=file,
        quote_seq=row["quote_seq"],
        whisper=isinstance(payload, NotePayload) and payload.whisper,
        edited_at=wire_or_none(row["edited_at"]),
        recalled_at=wire_or_none(row["recalled_at"]),
    )
