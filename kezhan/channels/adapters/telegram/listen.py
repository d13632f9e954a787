"""Updates that are asked for, where the platform cannot call us. Asking from an offset on tells it that
everything before has been kept."""

import asyncio
from typing import Any

import msgspec

from kezhan.channels.adapters.telegram.call import call
from kezhan.channels.adapters.telegram.hook import ALLOWED
from kezhan.channels.adapters.telegram.inbound import pressed_id, update_key
from kezhan.channels.adapters.telegram.update import read_update
from kezhan.channels.base import Call, Keep, Line, Turned, Unreadable

WAIT_SECONDS = 50
_AT_ONCE = 100


async def listen(line: Line, cursor: str, keep: Keep) -> None:
    """Poll from the cursor (the next update's number) on. An account whose mode is the webhook has nothing to
    listen to, and says nothing until it is changed."""
    if line.account.settings.mode != "polling":
        await asyncio.get_running_loop().create_future()
    await call(line, "deleteWebhook", {})
    while True:
        cursor = await _round(line, cursor, keep)


async def _round(line: Line, cursor: str, keep: Keep) -> str:
    """One question; the cursor after its answer."""
    fields: dict[str, Any] = {"limit": _AT_ONCE, "timeout": WAIT_SECONDS, "allowed_updates": ALLOWED}
    if cursor:
        fields["offset"] = int(cursor)
    result = await call(line, "getUpdates", fields, seconds=WAIT_SECONDS + 10)
    calls: list[Call] = []
    pressed: list[str] = []
    for raw in msgspec.json.decode(result, type=list[msgspec.Raw]):
        update = read_update(bytes(raw))
        if isinstance(update, Unreadable):
            continue
        calls.append(Call(dedup_key=update_key(update), body=bytes(raw)))
        cursor = str(update["update_id"] + 1)
        pressed += [query] if (query := pressed_id(update)) else []
    # Without calls too: it says that the connection stands.
    await keep(calls, cursor or None)
    for query in pressed:
        await _answer(line, query)
    return cursor


async def _answer(line: Line, query: str) -> None:
    """The pressed button stops turning; too late is no fault of anybody's."""
    try:
        await call(line, "answerCallbackQuery", {"callback_query_id": query})
    except Turned:
        return
