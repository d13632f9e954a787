"""Where a customer comes from, as her platform tells it: the code she has scanned, the advertisement or link
she has followed, by which door she has entered, what she has chosen in a menu. It is a line of her
conversation, and the first but for menus its source; before she has one it is kept for a day, until she
writes."""

from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import msgspec
from msgspec import Struct

from kezhan.channels import store
from kezhan.channels.accounts import Account
from kezhan.channels.base import Happened
from kezhan.channels.customers.store import drop_entrance, open_talk
from kezhan.channels.customers.words import plain
from kezhan.channels.lines import Lines
from kezhan.conversations.number import add_event_once, hold
from kezhan.conversations.schemas import EventPayload
from kezhan.kit.clock import now
from kezhan.kit.db import Database, Tx

_MENU = "chose_in_menu"
_EVENTS = {
    "code": "came_by_code",
    "ad": "came_by_ad",
    "link": "came_by_link",
    "door": "came_by_door",
    "menu": _MENU,
}
_WORD = 200
_SOURCE = 100
_KEPT = timedelta(days=1)


class Entrance(Struct, frozen=True, kw_only=True):
    """`key`: one of its repeats, in her name; `at` in seconds since 1970."""

    event: str
    word: str
    key: str
    at: float


def _entrance(came: Happened) -> Entrance | None:
    """Nothing where the platform does not say. She may come by one door again and again within a
    conversation, and it is said once; what she chooses counts each time."""
    word = plain(came.word).strip()[:_WORD]
    if not (came.by and word):
        return None
    named = came.dedup_key if came.by == "menu" else f"{came.by} {word}"
    key = sha256(named.encode("utf-8", "replace")).hexdigest()[:32]
    return Entrance(event=_EVENTS[came.by], word=word, key=key, at=now().timestamp())


async def entered(db: Database, lines: Lines, account: Account, identity_id: UUID, came: Happened) -> bool:
    """Whether it waits for her conversation."""
    entrance = _entrance(came)
    if entrance is None:
        return False
    async with db.tx(account.workspace_id) as tx:
        conversation_id = await open_talk(tx, account.id, identity_id)
        if conversation_id is not None:
            await _say(tx, conversation_id, identity_id, entrance)
            return False
        name = _name(identity_id)
        text = msgspec.json.encode(entrance).decode()
        await store.keep_text(tx, account.id, name, lines.sealed_text(account.id, name, text))
    return True


async def begun(
    db: Database, lines: Lines, account: Account, identity_id: UUID, conversation_id: UUID
) -> None:
    """She has begun to write: it is told where she came from."""
    name = _name(identity_id)
    async with db.tx(account.workspace_id) as tx:
        sealed = await drop_entrance(tx, account.id, name, _KEPT)
        if sealed is not None:
            entrance = msgspec.json.decode(lines.opened_text(account.id, name, sealed), type=Entrance)
            if now().timestamp() - entrance.at < _KEPT.total_seconds():
                await _say(tx, conversation_id, identity_id, entrance)


async def _say(tx: Tx, conversation_id: UUID, identity_id: UUID, entrance: Entrance) -> None:
    payload = EventPayload(event=entrance.event, target=entrance.word)
    key = f"{conversation_id}:{entrance.key}"
    row = await hold(tx, conversation_id)
    first = not row.source and entrance.event != _MENU
    values = {"source": entrance.word[:_SOURCE]} if first else {}
    await add_event_once(tx, row, payload, identity_id, key, values)


def _name(identity_id: UUID) -> str:
    return f"came:{identity_id}"
