"""What has come since last time, of one service account after the other."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct, structs

from kezhan.channels.adapters.wechat_kf.tickets import called
from kezhan.channels.base import Call, Line, Pulled, Turned
from kezhan.channels.vendors.tencent import api
from kezhan.channels.vendors.tencent.faults import WORK
from kezhan.channels.vendors.tencent.fields import Fields, word
from kezhan.kit.clock import now

_LIMIT = 500
_ACCOUNTS = 100


class Place(Struct, frozen=True, kw_only=True):
    """How far we have read: the platform's cursor of each account, and which of them are still to be asked in
    this round."""

    cursors: dict[str, str] = {}
    left: Sequence[str] = ()


async def pull(line: Line, cursor: str) -> Pulled:
    """One page of one account. Without a cursor it begins with what is three days old."""
    place = _place(cursor)
    left = list(place.left) or await _accounts(line)
    if not left:
        return Pulled(calls=(), cursor=cursor)
    account, since = left[0], place.cursors.get(left[0], "")
    try:
        page = await _page(line, account, since)
    except Turned:
        if len(left) == 1:
            raise
        # One account that is closed to us keeps nobody from reading the others.
        return Pulled(calls=(), cursor=_text(structs.replace(place, left=left[1:])), more=True)
    reached = word(page, "next_cursor") or since
    # A page may be empty and yet not the last; one that leads nowhere is.
    if word(page, "has_more") != "1" or reached == since:
        left = left[1:]
    cursors = {**place.cursors, account: reached}
    return Pulled(calls=_calls(page), cursor=_text(Place(cursors=cursors, left=left)), more=bool(left))


async def _page(line: Line, account: str, since: str) -> Fields:
    body = {"open_kfid": account, "cursor": since, "limit": _LIMIT, "voice_format": 0}
    if not since:
        del body["cursor"]
    ticket = called(await line.load("due"))
    if ticket.open_kfid == account and ticket.token and ticket.until > now().timestamp():
        try:
            return await api.post(line, "/cgi-bin/kf/sync_msg", {**body, "token": ticket.token}, WORK)
        except Turned:
            # Without the callback's token the platform gives the same, only not so often.
            return await api.post(line, "/cgi-bin/kf/sync_msg", body, WORK)
    return await api.post(line, "/cgi-bin/kf/sync_msg", body, WORK)


def _calls(page: Fields) -> list[Call]:
    found = page.get("msg_list")
    items = [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
    return [
        Call(dedup_key=word(item, "msgid"), body=msgspec.json.encode(item))
        for item in items
        if word(item, "msgid")
    ]


async def _accounts(line: Line) -> list[str]:
    """Those that are served."""
    if line.account.settings.open_kfid:
        return [line.account.settings.open_kfid]
    return [word(one, "open_kfid") for one in await accounts(line)]


async def accounts(line: Line) -> list[Fields]:
    """The service accounts that may be managed, [{"open_kfid", "name", …}]. Raises Retry, Turned and
    Expired."""
    found: list[Fields] = []
    while True:
        body = {"offset": len(found), "limit": _ACCOUNTS}
        answer = await api.post(line, "/cgi-bin/kf/account/list", body, WORK)
        listed = answer.get("account_list")
        page = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        found += page
        if len(page) < _ACCOUNTS:
            break
    ours = [one for one in found if one.get("manage_privilege") is not False]
    return [one for one in ours if word(one, "open_kfid")]


def _place(cursor: str) -> Place:
    try:
        return msgspec.json.decode(cursor, type=Place)
    except msgspec.MsgspecError:
        return Place()


def _text(place: Place) -> str:
    return msgspec.json.encode(place).decode()
