"""Counts of messages, kept as they come: how many of whom, through which account, by quarter hours."""

from collections.abc import Sequence

from kezhan.conversations import store
from kezhan.conversations.events import MessageAppended
from kezhan.kit.db import Tx
from kezhan.kit.outbox import Event, Handler


def handlers() -> tuple[Handler, ...]:
    """The room's `later` listeners."""
    return (Handler("conversations.counts", (MessageAppended,), count, pause=1.0),)


async def count(tx: Tx, events: Sequence[Event]) -> None:
    """Add these messages. An event is handed over once, so each message counts once."""
    appended = [event for event in events if isinstance(event, MessageAppended)]
    await store.count_messages(
        tx, [event.conversation_id for event in appended], [event.seq for event in appended]
    )
