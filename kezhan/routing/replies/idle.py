"""A customer who says nothing more: warned, and after a while more her conversation ends. Never what is
parked, what waits for anybody, and what waits for us.

Counted from our last word to her. The words are found when they are spoken; each step is then taken in a
transaction of its own, which looks again with the conversation held.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from kezhan.channels.customers.reach import has_room
from kezhan.conversations.assign import end_silent
from kezhan.conversations.events import MessageAppended
from kezhan.conversations.life.schemas import LifeRules, ReplyTexts
from kezhan.conversations.number import add_words, hold
from kezhan.conversations.schemas import Kind
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.outbox import Event, Handler
from kezhan.kit.reading import ReadRow
from kezhan.kit.timers import Timer, set_timer, set_timers
from kezhan.routing.replies import store
from kezhan.routing.replies.texts import chosen, filled

WARN_TIMER = "routing.idle_warning"
END_TIMER = "routing.idle_end"
_decode = msgspec.json.Decoder(LifeRules).decode


class _Silence(NamedTuple):
    """A conversation as of `store.silent`, and what its channel does about it."""

    row: ReadRow
    rules: LifeRules

    @property
    def warn_at(self) -> datetime:
        at: datetime = self.row["answered_at"]
        return at + timedelta(minutes=self.rules.warn_minutes)

    @property
    def left(self) -> timedelta:
        return timedelta(minutes=self.rules.close_minutes)

    def key(self, name: str) -> str:
        """Of this silence: it begins with our last word."""
        return f"idle:{name}:{self.row['id']}:{self.row['answered_seq']}"


def handlers() -> tuple[Handler, ...]:
    return (Handler("routing.idle", (MessageAppended,), look, pause=1.0, wants=_is_ours),)


def _is_ours(event: MessageAppended) -> bool:
    return event.author_kind == "agent" and event.kind != Kind.NOTE


async def look(tx: Tx, events: Sequence[Event]) -> None:
    """We have just spoken to these customers: from now on their silence is measured."""
    spoken = {event.conversation_id for event in events if isinstance(event, MessageAppended)}
    silences = await _silences(tx, sorted(spoken))
    await set_timers(tx, [Timer(WARN_TIMER, one.row["id"], one.warn_at) for one in silences])


async def on_warn(tx: Tx, conversation_id: UUID) -> None:
    silence = await _held(tx, conversation_id)
    if silence is None or await _put_off(tx, silence):
        return
    await _say(tx, silence, "warning", silence.rules.warning)
    await set_timer(tx, END_TIMER, conversation_id, now() + silence.left)


async def on_end(tx: Tx, conversation_id: UUID) -> None:
    """Ended, but for one who has had another word of ours since she was warned."""
    silence = await _held(tx, conversation_id)
    if silence is None or await _put_off(tx, silence):
        return
    if await _say(tx, silence, "warning", silence.rules.warning):
        await set_timer(tx, END_TIMER, conversation_id, now() + silence.left)
    elif silence.warn_at + silence.left > now():
        await set_timer(tx, END_TIMER, conversation_id, silence.warn_at + silence.left)
    else:
        await _say(tx, silence, "closing", silence.rules.closing)
        await end_silent(tx, await hold(tx, conversation_id))


async def _put_off(tx: Tx, silence: _Silence) -> bool:
    """We have spoken since: her time begins anew."""
    if silence.warn_at <= now():
        return False
    await set_timer(tx, WARN_TIMER, silence.row["id"], silence.warn_at)
    return True


async def _say(tx: Tx, silence: _Silence, name: str, texts: ReplyTexts) -> bool:
    """Once in a silence; False where nothing is said, or was said before."""
    row = silence.row
    _, text = chosen(texts, row["language"], row["house_language"])
    body = filled(text, {"minutes": str(silence.rules.close_minutes)})
    if not body or not await has_room(tx, row["account_id"], row["identity_id"]):
        return False
    return await add_words(tx, await hold(tx, row["id"]), row["account_id"], silence.key(name), body)


TIMERS: Mapping[str, Callable[[Tx, UUID], Awaitable[None]]] = {WARN_TIMER: on_warn, END_TIMER: on_end}


async def _held(tx: Tx, conversation_id: UUID) -> _Silence | None:
    """The conversation, held; None where it is not silent, or nothing is done about it."""
    if not await store.silent(tx, [conversation_id]):
        return None
    await hold(tx, conversation_id)
    return next(iter(await _silences(tx, [conversation_id])), None)


async def _silences(tx: Tx, conversations: Sequence[UUID]) -> list[_Silence]:
    rows = await store.silent(tx, conversations)
    found = (_Silence(row, _decode(row["rules"])) for row in rows)
    return [one for one in found if one.rules.idle]
