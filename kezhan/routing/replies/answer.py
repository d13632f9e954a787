"""What a channel says by itself, and when: once to who begins a conversation, once in each time that we are
closed, once to who waits too long. Said where nobody of us speaks, never to a machine that answers back: to
one customer so often in a day at most.

What is due is found when a customer has spoken; each is then said in a transaction of its own, which looks
again with the conversation held.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from kezhan.channels.customers.reach import has_room
from kezhan.channels.events import CustomerSpoke
from kezhan.channels.schemas import AutoReplies
from kezhan.conversations.life.schemas import ReplyTexts
from kezhan.conversations.number import add_words, hold
from kezhan.hours.schemas import Opening
from kezhan.hours.service import openings_for, zone_of
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.outbox import Event, Handler
from kezhan.kit.reading import ReadRow
from kezhan.kit.timers import set_timer
from kezhan.routing.places.live import frame_of
from kezhan.routing.places.store import places_within
from kezhan.routing.replies import store
from kezhan.routing.replies.texts import chosen, filled, opens_words, wait_words
from kezhan.routing.rules import Rules, rules_of

GREETING_TIMER = "routing.greeting"
CLOSED_TIMER = "routing.closed_reply"
BUSY_TIMER = "routing.busy_reply"
TALKING = timedelta(minutes=30)
"""Who has had a word of ours so lately is not told that nobody is there."""
DAY = timedelta(days=1)
MOST, MOST_SAME = 10, 2
"""To one customer in a day: of all such messages, and of one and the same."""
_decode = msgspec.json.Decoder(AutoReplies).decode


class _Talk(NamedTuple):
    """A conversation as of `store.standing`, and whether we are there for it."""

    row: ReadRow
    replies: AutoReplies
    opening: Opening

    @property
    def key(self) -> str:
        """Of the time that we are closed."""
        opens = self.opening.changes_at
        return f"auto:closed:{self.row['id']}:{int(opens.timestamp()) if opens else 'never'}"

    def talking(self, at: datetime) -> bool:
        answered = self.row["answered_at"]
        return answered is not None and at - answered < TALKING


def handlers() -> tuple[Handler, ...]:
    return (Handler("routing.replies", (CustomerSpoke,), look),)


async def look(tx: Tx, events: Sequence[Event]) -> None:
    """Find out what is due in the conversations in which customers have just spoken."""
    spoken: dict[UUID, int] = {}
    for event in events:
        if isinstance(event, CustomerSpoke):
            spoken.setdefault(event.conversation_id, event.seq)
    at, talks = now(), await _talks(tx, list(spoken))
    begun = await store.begun_by(tx, spoken)
    keys = {talk.key: talk.row["account_id"] for talk in talks}
    keys |= {_busy_key(talk.row["id"]): talk.row["account_id"] for talk in talks}
    said = await store.said(tx, keys)
    for talk in talks:
        conversation_id = talk.row["id"]
        if talk.replies.closed and not talk.opening.open:
            if talk.key not in said and not talk.talking(at):
                await set_timer(tx, CLOSED_TIMER, conversation_id, at)
        elif talk.replies.greeting and conversation_id in begun:
            await set_timer(tx, GREETING_TIMER, conversation_id, at)
        if talk.replies.busy and talk.row["state"] == "queued" and _busy_key(conversation_id) not in said:
            await _set_busy(tx, talk, at)


async def _set_busy(tx: Tx, talk: _Talk, at: datetime) -> None:
    """For when she will have waited too long, counted from when we are there."""
    since = talk.row["queued_at"] or talk.row["waiting_since"] or at
    if not talk.opening.open:
        since = talk.opening.changes_at
    if since is not None:
        due = since + timedelta(seconds=talk.replies.busy_seconds)
        await set_timer(tx, BUSY_TIMER, talk.row["id"], max(due, at))


# Each when it is due


async def on_greeting(tx: Tx, conversation_id: UUID) -> None:
    talk = await _held(tx, conversation_id)
    if talk is not None and talk.row["answered_at"] is None:
        await _say(tx, talk, f"auto:greeting:{conversation_id}", talk.replies.greeting)


async def on_closed(tx: Tx, conversation_id: UUID) -> None:
    talk = await _held(tx, conversation_id)
    if talk is None or talk.opening.open or talk.talking(now()):
        return
    zone = await zone_of(tx, talk.opening) or talk.row["time_zone"]
    opens = talk.opening.changes_at

    def known(language: str) -> dict[str, str]:
        return {"opens": opens_words(language, opens, now(), zone)} if opens is not None else {}

    await _say(tx, talk, talk.key, talk.replies.closed, known)


async def on_busy(tx: Tx, conversation_id: UUID) -> None:
    talk = await _held(tx, conversation_id)
    if talk is None or talk.row["state"] != "queued" or talk.row["waiting_since"] is None:
        return
    if not talk.opening.open:
        await _set_busy(tx, talk, now())
        return
    rows = await places_within(tx, [talk.row["identity_id"]])
    frame = next((frame_of(row) for row in rows if row["conversation_id"] == conversation_id), None)

    def known(language: str) -> dict[str, str]:
        found = {}
        if frame is not None and frame.place is not None:
            found["place"] = str(frame.place)
        if frame is not None and frame.wait is not None:
            found["wait"] = wait_words(language, *frame.wait)
        return found

    await _say(tx, talk, _busy_key(conversation_id), talk.replies.busy, known)


TIMERS: Mapping[str, Callable[[Tx, UUID], Awaitable[None]]] = {
    GREETING_TIMER: on_greeting,
    CLOSED_TIMER: on_closed,
    BUSY_TIMER: on_busy,
}


def _busy_key(conversation_id: UUID) -> str:
    return f"auto:busy:{conversation_id}"


def _nothing(language: str) -> dict[str, str]:
    return {}


async def _say(
    tx: Tx,
    talk: _Talk,
    key: str,
    texts: ReplyTexts,
    known: Callable[[str], Mapping[str, str]] = _nothing,
) -> None:
    """Once for `key`; `known`: what can be filled in, in the words of a language."""
    row = talk.row
    language, text = chosen(texts, row["language"], row["house_language"])
    body = filled(text, known(language))
    if not body or not await has_room(tx, row["account_id"], row["identity_id"]):
        return
    anything, same = await store.said_to(tx, row["identity_id"], body, now() - DAY)
    if anything < MOST and same < MOST_SAME:
        held = await hold(tx, row["id"])
        await add_words(tx, held, row["account_id"], key, body)


# Where it stands


async def _held(tx: Tx, conversation_id: UUID) -> _Talk | None:
    """The conversation, held; None where it has ended, or its channel is no more."""
    if not await store.standing(tx, [conversation_id]):
        return None
    await hold(tx, conversation_id)
    return next(iter(await _talks(tx, [conversation_id])), None)


async def _talks(tx: Tx, conversations: Sequence[UUID]) -> list[_Talk]:
    rows, rules = await store.standing(tx, conversations), await rules_of(tx)
    places = {row["id"]: (row["account_id"], _team(rules, row)) for row in rows}
    openings = await openings_for(tx, set(places.values()), now())
    return [_Talk(row, _decode(row["replies"]), openings[places[row["id"]]]) for row in rows]


def _team(rules: Rules | None, row: ReadRow) -> UUID | None:
    """Whose hours count beside the channel's: of the team it is with, or waits for."""
    if row["wait_team_id"] is not None or row["rule_id"] is None or rules is None:
        found: UUID | None = row["wait_team_id"] or row["team_id"]
        return found
    return next(iter(rules.policy.rule(row["rule_id"]).pool.team_ids), None)
