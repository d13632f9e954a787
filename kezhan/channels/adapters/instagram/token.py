"""The account's token: a page's does not end; that of Instagram's own login is good for 60 days, can be
renewed from its second day on, and is then another."""

import hashlib

from msgspec import Struct

from kezhan.channels.base import Line, Token, Turned
from kezhan.channels.vendors.meta.graph import call

_DAY = 24 * 3600.0


class Renewed(Struct, frozen=True):
    access_token: str
    expires_in: float = 60 * _DAY


async def issue(line: Line) -> Token:
    """The page's as it was given; else a renewed one or, while it is too young for that, the one there is."""
    given: str = line.account.secrets.access_token
    if line.account.settings.login == "page":
        return Token(value=given, seconds=_DAY, fixed=True)
    # By the one that was put in: a new one ends what was renewed from the old.
    name = f"token:{hashlib.sha256(given.encode()).hexdigest()[:16]}"
    token = await line.load(name) or given
    query = {"grant_type": "ig_refresh_token", "access_token": token}
    base = line.account.settings.base
    try:
        found = await call(line, "GET", "/refresh_access_token", Renewed, base=base, query=query)
    except Turned:
        return Token(value=token, seconds=_DAY)
    await line.save(name, found.access_token)
    return Token(value=found.access_token, seconds=found.expires_in)
