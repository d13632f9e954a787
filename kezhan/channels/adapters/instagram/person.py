"""Who a customer is, and whether the account can be reached."""

from msgspec import Struct

from kezhan.channels.base import Line, Person, Probed
from kezhan.channels.vendors.meta.graph import call
from kezhan.channels.vendors.meta.say import signed_query


class Profile(Struct, frozen=True):
    name: str = ""
    username: str = ""


async def person(line: Line, external_id: str) -> Person:
    """Her name, or what she calls herself there."""
    found = await _profile(line, external_id, "name,username")
    return Person(name=found.name or found.username)


async def probe(line: Line) -> Probed:
    """Whether the token opens the account, and what that is called."""
    settings = line.account.settings
    fields = "name" if settings.login == "page" else "username"
    found = await _profile(line, settings.account_id or "me", fields)
    return Probed(name=f"@{found.username}" if found.username else found.name)


async def _profile(line: Line, path: str, fields: str) -> Profile:
    query = signed_query(line, await line.token())
    query["fields"] = fields
    return await call(line, "GET", path, Profile, base=line.account.settings.base, query=query)
