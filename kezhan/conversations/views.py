"""Rows become what the wire carries: one place, for snapshots, resumes and live frames alike."""

from collections.abc import Iterable
from typing import Any, Protocol

import msgspec
from sqlalchemy import Row

from kezhan.contacts.values import visitor_number
from kezhan.conversations.linked import Linked
from kezhan.conversations.reactions.schemas import Reaction
from kezhan.conversations.rich.schemas import CopiedPayload
from kezhan.conversations.schemas import (
    Author,
    Head,
    Kind,
    Mark,
    Message,
    Payload,
    Preview,
    State,
    Transfer,
    TranslatedPayload,
    VisitorHead,
)
from kezhan.kit.clock import wire, wire_or_none


class Columns(Protocol):
    """A row by column names, of either driver."""

    def __getitem__(self, name: Any, /) -> Any: ...


_reactions = msgspec.json.Decoder(list[Reaction]).decode
_STATES = {one.value: one for one in State}
_KINDS = {one.value: one for one in Kind}
_INNER = TranslatedPayload | CopiedPayload
"""What stays among colleagues of a message that customers see."""
_HIDDEN_EVENTS = frozenset(
    {
        "released", "sent_to_team", "unanswered", "parked", "woken", "due", "spam", "not_spam",
        "blocked", "unblocked", "identity_blocked",
        "transfer_offered", "transfer_declined", "transfer_missed",
        "transfer_withdrawn", "transfer_returned", "invited", "guest_left", "guest_removed",
        "supervised", "supervision_ended", "surveyed", "survey_changed", "scheduled_held",
        "merged", "merged_in", "joined", "parted", "screened", "flooding",
        "came_by_code", "came_by_ad", "came_by_link", "came_by_door", "chose_in_menu",
    }
)  # fmt: skip


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
        wake_at=wire_or_none(row["wake_at"]),
        woken_seq=row["woken_seq"],
        spam=row["spam_at"] is not None,
        merged_into=row["merged_into"],
        transfer=_transfer_of(row),
        guests=list(row["guests"]),
        tags=list(row["tags"]),
    )


def _transfer_of(row: Columns) -> Transfer | None:
    if row["transfer_by"] is None:
        return None
    return Transfer(
        by_id=row["transfer_by"],
        to_id=row["transfer_to"],
        at=wire(row["transfer_at"]),
        until=wire_or_none(row["transfer_until"]),
    )


def linked_of(row: Columns) -> Linked:
    return Linked(
        id=row["id"],
        channel=row["channel"],
        state=state_of(row["state"]),
        opened_at=wire(row["opened_at"]),
        closed_at=wire_or_none(row["closed_at"]),
    )


def visitor_head(head: Head) -> VisitorHead:
    agent = Author(kind="agent", id=head.assignee_id, name=head.assignee_name) if head.assignee_id else None
    return VisitorHead(
        id=head.id,
        state=head.state,
        agent=agent,
        opened_at=head.opened_at,
        closed_at=head.closed_at,
        # What is marked as spam ends; what is apart from all lists and open is a blocked customer's.
        blocked=head.spam and head.state != State.CLOSED,
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
        fault=row["fault"] or None,
        reactions=_reactions(row["reactions"]) if row["reactions"] else [],
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
    """What the customer may see: no notes, no event about the house's own affairs, of a translated reply
    the translation alone."""
    return [_without_inner(message) for message in messages if visible_to_visitor(message)]


def wholly_public(message: Message) -> bool:
    """Whether the customer may see the message as it stands."""
    if message.payload is None:
        return message.kind is not Kind.NOTE
    return visible_to_visitor(message) and not isinstance(message.payload, _INNER)


def _without_inner(message: Message) -> Message:
    if isinstance(message.payload, _INNER):
        return msgspec.structs.replace(message, payload=None)
    return message


def visible_to_visitor(message: Message) -> bool:
    if message.kind is Kind.NOTE:
        return False
    event = getattr(message.payload, "event", None)
    return event not in _HIDDEN_EVENTS


def seen_by_visitor(row: Row[Any]) -> bool:
    """The same of a row of messages."""
    return row.kind != Kind.NOTE and getattr(row.payload, "event", None) not in _HIDDEN_EVENTS


def state_of(text: str) -> State:
    return _STATES.get(text, State.UNKNOWN)


def kind_of(text: str) -> Kind:
    return _KINDS.get(text, Kind.UNSUPPORTED)
