"""Rows become what the wire carries: one place, for snapshots, resumes and live frames alike."""

from collections.abc import Iterable
from typing import Any, Protocol

import msgspec

from kezhan.contacts.values import visitor_number
from kezhan.conversations.schemas import (
    Author,
    Head,
    Kind,
    Mark,
    Message,
    Payload,
    Preview,
    State,
    VisitorHead,
)
from kezhan.kit.clock import wire, wire_or_none


class Columns(Protocol):
    """A row by column names, of either driver."""

    def __getitem__(self, name: Any, /) -> Any: ...


_STATES = frozenset(State)
_KINDS = frozenset(Kind)
_HIDDEN_EVENTS = frozenset({"released", "sent_to_team", "unanswered", "parked", "woken"})


def head_of(row: Columns, rev: int) -> Head:
    return Head(
        id=row["id"],
        account_id=row["account_id"],
        channel=row["channel"],
        identity_id=row["identity_id"],
        contact_id=row["contact_id"],
        contact_name=row["contact_name"] or "",
        contact_number=visitor_number(row["contact_id"]),
        state=state_of(row["state"]),
        assignee_id=row["assignee_id"],
        assignee_name=row["assignee_name"] or "",
        team_id=row["team_id"],
        rev=rev,
        last_seq=row["last_seq"],
        inbound_count=row["inbound_count"],
        preview=Preview(
            seq=row["preview_seq"],
            kind=row["preview_kind"],
            author=row["preview_author"],
            text=row["preview_text"],
        ),
        waiting_since=wire_or_none(row["waiting_since"]),
        opened_at=wire(row["opened_at"]),
        active_at=wire(row["active_at"]),
        closed_at=wire_or_none(row["closed_at"]),
        parked_at=wire_or_none(row["parked_at"]),
    )


def visitor_head(head: Head) -> VisitorHead:
    agent = Author(kind="agent", id=head.assignee_id, name=head.assignee_name) if head.assignee_id else None
    return VisitorHead(
        id=head.id, state=head.state, agent=agent, opened_at=head.opened_at, closed_at=head.closed_at
    )


def message_of(row: Columns) -> Message:
    payload = row["payload"]
    if payload is not None and not isinstance(payload, msgspec.Struct):
        payload = msgspec.convert(payload, Payload)
    return Message(
        seq=row["seq"],
        rev=row["rev"],
        kind=kind_of(row["kind"]),
        author=Author(kind=row["author_kind"], id=row["author_id"], name=row["author_name"] or ""),
        at=wire(row["created_at"]),
        body=row["body"],
        payload=payload,
        quote_seq=row["quote_seq"],
        client_id=row["client_id"],
        edited_at=wire_or_none(row["edited_at"]),
        recalled_at=wire_or_none(row["recalled_at"]),
    )


def mark_of(row: Columns) -> Mark:
    return Mark(
        party=row["party_kind"],
        party_id=row["party_id"],
        delivered_seq=row["delivered_seq"],
        read_seq=row["read_seq"],
        rev=row["rev"],
    )


def for_visitor(messages: Iterable[Message]) -> list[Message]:
    """What the customer may see: no notes, no event about the house's own affairs."""
    return [message for message in messages if visible_to_visitor(message)]


def visible_to_visitor(message: Message) -> bool:
    if message.kind is Kind.NOTE:
        return False
    event = getattr(message.payload, "event", None)
    return event not in _HIDDEN_EVENTS


def state_of(text: str) -> State:
    return State(text) if text in _STATES else State.UNKNOWN


def kind_of(text: str) -> Kind:
    return Kind(text) if text in _KINDS else Kind.UNSUPPORTED
