"""From the outbox to the rows of what goes out: one for everything a customer elsewhere is to hear of."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.channels import store
from kezhan.channels.base import Channel, What
from kezhan.channels.registry import channels
from kezhan.conversations.events import (
    ConversationClosed,
    MessageAppended,
    MessageChanged,
    ReactionChanged,
)
from kezhan.conversations.schemas import Kind
from kezhan.kit.db import Tx
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import Event, Handler

DELIVERIES = "channels.deliveries"
_INNER = frozenset({Kind.NOTE, Kind.EVENT})

_HEARD = (MessageAppended, MessageChanged, ReactionChanged, ConversationClosed)


def handlers() -> tuple[Handler, ...]:
    """The room's `later` listeners."""
    return (Handler(DELIVERIES, _HEARD, queue, wants=_goes_out),)


def _goes_out(event: Event) -> bool:
    """As far as the event alone tells: most messages are the customers' own."""
    if isinstance(event, MessageAppended):
        return event.author_kind != "visitor" and event.kind not in _INNER
    return not getattr(event, "told", False)


async def queue(tx: Tx, events: Sequence[Event]) -> None:
    """A delivery for each reply, edit, recall and close whose customer is on a channel that sends."""
    able = {name: channel for name, channel in channels().items() if channel.send is not None}
    events = [event for event in events if _goes_out(event)]
    places = {
        (event.conversation_id, event.seq)
        for event in events
        if isinstance(event, MessageAppended | MessageChanged)
    }
    reacted = {(event.conversation_id, event.seq) for event in events if isinstance(event, ReactionChanged)}
    closes = {event.conversation_id for event in events if isinstance(event, ConversationClosed)}
    if not able or not (places or reacted or closes):
        return
    names = list(able)
    messages = {}
    if places:
        messages = {
            (row.conversation_id, row.seq): row
            for row in await store.agents_messages(tx, list(places), names)
        }
    hers = {}
    if reacted:
        hers = {
            (row.conversation_id, row.seq): row for row in await store.seen_messages(tx, list(reacted), names)
        }
    closing = [name for name in names if able[name].capabilities.closing]
    ended = {}
    if closes and closing:
        ended = {row.id: row for row in await store.ended(tx, list(closes), closing)}
    rows = [
        *(_row(event, messages, ended, able) for event in events),
        *(_reacted(event, hers, able) for event in events if isinstance(event, ReactionChanged)),
    ]
    await store.add_deliveries(tx, [row for row in rows if row is not None])


def _reacted(
    event: ReactionChanged, seen: dict[tuple[UUID, int], Row[Any]], able: dict[str, Channel]
) -> dict[str, Any] | None:
    row = seen.get((event.conversation_id, event.seq))
    if row is None or not able[row.channel].capabilities.reactions:
        return None
    return _values(row.account_id, row.conversation_id, "reacted", event.seq, event.rev)


def _row(
    event: Event,
    messages: dict[tuple[UUID, int], Row[Any]],
    ended: dict[UUID, Row[Any]],
    able: dict[str, Channel],
) -> dict[str, Any] | None:
    if isinstance(event, ConversationClosed):
        row = ended.get(event.conversation_id)
        return _values(row.account_id, row.id, "closed", row.last_seq, row.rev) if row is not None else None
    if not isinstance(event, MessageAppended | MessageChanged):
        return None
    row = messages.get((event.conversation_id, event.seq))
    if row is None:
        return None
    if isinstance(event, MessageAppended):
        return _values(row.account_id, row.conversation_id, "message", event.seq, 0)
    can = able[row.channel].capabilities
    if not (can.recall if event.recalled else can.edit):
        return None
    what: What = "recalled" if event.recalled else "edited"
    return _values(row.account_id, row.conversation_id, what, event.seq, event.rev)


def _values(account_id: UUID, conversation_id: UUID, what: What, seq: int, rev: int) -> dict[str, Any]:
    return {
        "id": new_id(),
        "account_id": account_id,
        "conversation_id": conversation_id,
        "what": what,
        "seq": seq,
        "rev": rev,
    }
