"""Who a customer is, and whether the page can be reached."""

from msgspec import Struct

from kezhan.channels.base import Line, Person, Probed
from kezhan.channels.vendors.meta.graph import call
from kezhan.channels.vendors.meta.say import signed_query


class Profile(Struct, frozen=True):
    first_name: str = ""
    last_name: str = ""
    locale: str = ""


class Page(Struct, frozen=True):
    name: str = ""


async def person(line: Line, external_id: str) -> Person:
    """Her name and language; the platform tells them once she has written."""
    query = signed_query(line, line.account.secrets.page_token)
    query["fields"] = "first_name,last_name,locale"
    found = await call(line, "GET", external_id, Profile, query=query)
    name = f"{found.first_name} {found.last_name}".strip()
    return Person(name=name, language=found.locale.replace("_", "-"))


async def probe(line: Line) -> Probed:
    """Whether the token opens the page, and what that is called."""
    query = signed_query(line, line.account.secrets.page_token)
    query["fields"] = "name"
    page = await call(line, "GET", line.account.settings.page_id or "me", Page, query=query)
    return Probed(name=page.name)
