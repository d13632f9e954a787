"""Switching over in stages: some customers are served here, the calls of the others go on to the desk of
before, byte for byte, so that it can check them as ever. Nobody changes sides in mid-conversation."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import httpx2

from kezhan.channels.accounts import Account
from kezhan.channels.base import Came, Due, Happened, Inbound, Request
from kezhan.channels.customers import sides
from kezhan.kit.clock import now
from kezhan.kit.db import Tx

HasRoom = Callable[[Tx, Sequence[UUID], UUID], Awaitable[bool]]
"""Whether one of these seats could take a conversation of the account now."""

_NOT_PASSED = frozenset({"host", "content-length", "connection", "transfer-encoding", "accept-encoding"})


async def no_room(tx: Tx, seats: Sequence[UUID], account_id: UUID) -> bool:
    """Where there is no reception nobody has room."""
    return False


def is_staged(account: Account) -> bool:
    """Whether some of the account's customers may belong to the desk of before."""
    return bool(account.forward_url) and (account.switch.by == "seats" or account.share < 100)


def served_here(account_id: UUID, external_id: str, share: int) -> bool:
    """Whether she is among the `share` of a hundred; with a larger share she still is."""
    digest = hashlib.sha256(f"{account_id}:{external_id}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big") % 100 < share


async def parted(
    tx: Tx, account: Account, came: Sequence[Came], has_room: HasRoom
) -> tuple[list[Came], bool]:
    """What is ours of a call, and whether some of it is another's. Whose conversation goes on here is ours
    until it ends."""
    names = {one.external_id for one in came if not isinstance(one, Due)}
    here = await sides.in_talk(tx, account.id, names)
    if account.switch.by == "seats":
        here |= await _by_seats(tx, account, came, here, has_room)
    else:
        here |= {name for name in names if served_here(account.id, name, account.share)}
    ours = [one for one in came if isinstance(one, Due) or one.external_id in here]
    return ours, len(ours) < len(came)


async def _by_seats(
    tx: Tx, account: Account, came: Sequence[Came], in_talk: set[str], has_room: HasRoom
) -> set[str]:
    """Who of them belongs here: decided when she first comes, and so it stays. Word of what was said before
    decides nothing."""
    since = account.switch.began_at or now()
    known = await sides.decided(
        tx, account.id, [one.external_id for one in came if not isinstance(one, Due)], since
    )
    new = {
        one.external_id
        for one in came
        if isinstance(one, Happened) or (isinstance(one, Inbound) and not one.ours)
    }
    new -= set(known)
    if new:
        room = bool(new - in_talk) and await has_room(tx, account.switch.seats, account.id)
        chosen = {name: room or name in in_talk for name in sorted(new)}
        known |= await sides.decide(tx, account.id, chosen, since)
    return {name for name, here in known.items() if here}


async def pass_on(http: httpx2.AsyncClient, url: str, request: Request) -> None:
    """Raises httpx2.HTTPError where the other desk does not take it."""
    headers = {name: value for name, value in request.headers.items() if name not in _NOT_PASSED}
    whole = httpx2.URL(url).copy_merge_params(dict(request.query))
    answer = await http.request(request.method, whole, headers=headers, content=request.body)
    answer.raise_for_status()
