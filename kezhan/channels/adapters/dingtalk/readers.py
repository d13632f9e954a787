"""Who has read what we sent. The platform tells it only when it is asked: the names of the newest messages
are kept, and asked for now and then until somebody has read them."""

import asyncio
from typing import Any
from urllib.parse import quote
from uuid import UUID
from weakref import WeakValueDictionary

import msgspec
from msgspec import Struct

from kezhan.channels.adapters.dingtalk.api import call
from kezhan.channels.base import Call, Line, Pulled, Turned
from kezhan.kit.clock import now
from kezhan.kit.loose import rows, word

PULL_SECONDS = 120
_KEPT = "unread"
_MOST = 100
_AT_ONCE = 20
_OLDEST_SECONDS = 24 * 3600
# Within a process nobody writes between another's reading and writing; between processes a name may be lost,
# and with it a mark that a message was read.
_turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()


class Unread(Struct, frozen=True, array_like=True):
    """`at` in seconds since 1970."""

    name: str
    external_id: str
    group: bool
    at: float


async def remember(line: Line, name: str, external_id: str, *, group: bool) -> None:
    """Ask for this message's readers from now on."""
    async with _turns.setdefault(line.account.id, asyncio.Lock()):
        unread = await _load(line)
        unread.append(Unread(name, external_id, group, now().timestamp()))
        await _save(line, unread[-_MOST:])


async def pull(line: Line, cursor: str) -> Pulled:
    """The messages that somebody has read by now, a few of those that wait each time."""
    waiting = await _load(line)
    asked, since = waiting[:_AT_ONCE], now().timestamp() - _OLDEST_SECONDS
    read = [one for one in asked if await _is_read(line, one)]
    if asked:
        async with _turns.setdefault(line.account.id, asyncio.Lock()):
            gone = {one.name for one in read} | {one.name for one in asked if one.at < since}
            still = [one for one in asked if one.name not in gone]
            others = [one for one in await _load(line) if one not in asked]
            await _save(line, others + still)
    calls = [
        Call(
            dedup_key=f"read:{one.name}"[:200],
            body=msgspec.json.encode({"read": one.name, "external_id": one.external_id}),
        )
        for one in read
    ]
    return Pulled(calls=calls, cursor=cursor)


async def _is_read(line: Line, unread: Unread) -> bool:
    robot = line.account.settings.robot
    try:
        if unread.group:
            body: dict[str, Any] = {
                "robotCode": robot,
                "openConversationId": unread.external_id,
                "processQueryKey": unread.name,
            }
            return bool(
                rows(await call(line, "POST", "/v1.0/robot/groupMessages/query", body), "readUserIds")
            )
        query = f"robotCode={quote(robot, safe='')}&processQueryKey={quote(unread.name, safe='')}"
        answer = await call(line, "GET", f"/v1.0/robot/oToMessages/readStatus?{query}")
    except Turned:
        return False
    return any(word(one, "readStatus") == "READ" for one in rows(answer, "messageReadInfoList"))


async def _load(line: Line) -> list[Unread]:
    try:
        return msgspec.json.decode(await line.load(_KEPT) or "[]", type=list[Unread])
    except msgspec.MsgspecError:
        return []


async def _save(line: Line, unread: list[Unread]) -> None:
    await line.save(_KEPT, msgspec.json.encode(unread).decode())
